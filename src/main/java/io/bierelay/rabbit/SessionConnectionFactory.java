package io.bierelay.rabbit;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandler;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import java.io.IOException;
import java.net.Socket;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a connection whose frames are written by {@link OutgoingFrames}. One factory for one
 * connection, by one thread.
 */
final class SessionConnectionFactory extends ConnectionFactory {

  private @Nullable Socket socket;
  private @Nullable OutgoingFrames frames;

  /** The socket of the connection that was made last. */
  Socket socket() {
    return Objects.requireNonNull(socket);
  }

  /** What the connection that was made last sends. */
  OutgoingFrames frames() {
    return Objects.requireNonNull(frames);
  }

  @Override
  protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
    // The client tells nobody its socket but the one who configures it.
    setSocketConfigurator(getSocketConfigurator().andThen(made -> socket = made));
    FrameHandlerFactory clients = super.createFrameHandlerFactory();
    return (address, name) -> {
      FrameHandler client = clients.create(address, name);
      OutgoingFrames made = new OutgoingFrames(client, socket());
      frames = made;
      return made;
    };
  }
}
