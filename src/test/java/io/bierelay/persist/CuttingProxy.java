package io.bierelay.persist;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Stands before a server and cuts what goes through it. */
final class CuttingProxy {

  private final Set<NetSocket> sockets = ConcurrentHashMap.newKeySet();
  private final NetServer server;

  CuttingProxy(Vertx vertx, String host, int port) throws Exception {
    NetClient client = vertx.createNetClient();
    server =
        vertx
            .createNetServer()
            .connectHandler(
                in -> {
                  in.pause();
                  sockets.add(in);
                  in.closeHandler(v -> sockets.remove(in));
                  client
                      .connect(port, host)
                      .onFailure(e -> in.close())
                      .onSuccess(
                          out -> {
                            in.closeHandler(v -> out.close());
                            out.closeHandler(v -> in.close());
                            in.pipeTo(out);
                            out.pipeTo(in);
                          });
                })
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  int port() {
    return server.actualPort();
  }

  void cut() {
    sockets.forEach(
        socket -> {
          sockets.remove(socket);
          socket.close();
        });
  }
}
