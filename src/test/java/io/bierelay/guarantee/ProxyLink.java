package io.bierelay.guarantee;

import io.bierelay.guarantee.FaultProxy.Direction;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.function.Consumer;

/** One connection through the proxy: two sockets and a pipe each way, on one event loop. */
final class ProxyLink {

  private final Context context;
  private final NetSocket in;
  private final NetSocket out;
  private final ProxyPipe toServer;
  private final ProxyPipe toClient;
  private final Consumer<ProxyLink> gone;
  private boolean ended;

  /** Made on the context that both sockets belong to. */
  ProxyLink(Vertx vertx, NetSocket in, NetSocket out, Consumer<ProxyLink> gone) {
    this.context = vertx.getOrCreateContext();
    this.in = in;
    this.out = out;
    this.gone = gone;
    this.toServer = new ProxyPipe(vertx, in, out);
    this.toClient = new ProxyPipe(vertx, out, in);
  }

  void start() {
    in.closeHandler(v -> end());
    out.closeHandler(v -> end());
    in.exceptionHandler(e -> {});
    out.exceptionHandler(e -> {});
    toServer.start();
    toClient.start();
  }

  ProxyPipe pipe(Direction direction) {
    return direction == Direction.TO_SERVER ? toServer : toClient;
  }

  /** Runs on the link's context. */
  Future<Void> run(Runnable action) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        v -> {
          action.run();
          done.complete();
        });
    return done.future();
  }

  /** Both ends see a reset, and nothing that was on its way arrives. */
  void reset() {
    ended = true;
    gone.accept(this);
    toServer.drop();
    toClient.drop();
    reset(in);
    reset(out);
  }

  /** With a linger of zero a close is a reset, as from a machine that knows no such connection. */
  static void reset(NetSocket socket) {
    Channel channel = channel(socket);
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    var unused = channel.close();
  }

  static Channel channel(NetSocket socket) {
    return ((NetSocketInternal) socket).channelHandlerContext().channel();
  }

  /** One side has closed: what it had sent still goes to the other, then that one is closed. */
  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    gone.accept(this);
    toServer.finish();
    toClient.finish();
  }
}
