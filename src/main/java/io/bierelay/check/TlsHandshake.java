package io.bierelay.check;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One TLS handshake that writes down what both sides showed, also when one of them refuses.
 *
 * <p>For one thread, but for the recorders, which the handshake calls on it as well.
 */
final class TlsHandshake {

  /** With TLS 1.3 a server refuses the client's certificate after the client is done. */
  private static final int AFTERWARDS_MS = 400;

  private final ClientSide material;
  private List<X509Certificate> shown = List.of();
  private boolean asked;
  private List<String> acceptedIssuers = List.of();
  private @Nullable X509Certificate sent;
  private String protocol = "";
  private @Nullable Exception failure;

  private TlsHandshake(ClientSide material) {
    this.material = material;
  }

  /** Shakes hands over a connected socket, whose time-out bounds each read. */
  static TlsHandshake over(Socket connected, String host, int port, ClientSide material)
      throws GeneralSecurityException {
    TlsHandshake handshake = new TlsHandshake(material);
    handshake.run(connected, host, port);
    return handshake;
  }

  /** Whether TLS is spoken there at all; the certificate does not matter. */
  static boolean isSpoken(Socket connected, String host, int port) throws GeneralSecurityException {
    TlsHandshake handshake =
        over(connected, host, port, new ClientSide(new Anybody(), null, false));
    return !handshake.shown.isEmpty();
  }

  private void run(Socket connected, String host, int port) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        new KeyManager[] {new RecordingKeys()}, new TrustManager[] {new RecordingTrust()}, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(connected, host, port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      if (material.verifyHost()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
      }
      socket.startHandshake();
      protocol = socket.getSession().getProtocol();
      socket.setSoTimeout(AFTERWARDS_MS);
      if (socket.getInputStream().read() < 0) {
        failure = new EOFException("closed after the handshake");
      }
    } catch (SocketTimeoutException e) {
      failure = protocol.isEmpty() ? e : null; // Silence after the handshake is consent.
    } catch (IOException e) {
      failure = e;
    }
  }

  /** The server's certificates, its own first. */
  List<X509Certificate> shown() {
    return shown;
  }

  /** Whether the server asked for the client's certificate. */
  boolean asked() {
    return asked;
  }

  /** Whose certificates the server takes, if it said so. */
  List<String> acceptedIssuers() {
    return acceptedIssuers;
  }

  /** The client's certificate, if one was shown. */
  @Nullable X509Certificate sent() {
    return sent;
  }

  /** Such as TLSv1.3; empty when it did not come so far. */
  String protocol() {
    return protocol;
  }

  /** Why it failed; null if it did not. */
  @Nullable Exception failure() {
    return failure;
  }

  private final class RecordingTrust extends X509ExtendedTrustManager {

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      shown = List.of(chain);
      material.trust().checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      shown = List.of(chain);
      material.trust().checkServerTrusted(chain, authType, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      shown = List.of(chain);
      material.trust().checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      throw new CertificateException("a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return material.trust().getAcceptedIssuers();
    }
  }

  private final class RecordingKeys extends X509ExtendedKeyManager {

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      asked = true;
      if (issuers != null) {
        acceptedIssuers = Arrays.stream(issuers).map(Principal::getName).toList();
      }
      X509ExtendedKeyManager keys = material.keys();
      return keys == null ? null : keys.chooseClientAlias(keyTypes, issuers, socket);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      X509ExtendedKeyManager keys = material.keys();
      X509Certificate[] chain = keys == null ? null : keys.getCertificateChain(alias);
      if (chain != null && chain.length > 0) {
        sent = chain[0];
      }
      return chain;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      X509ExtendedKeyManager keys = material.keys();
      return keys == null ? null : keys.getPrivateKey(alias);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      X509ExtendedKeyManager keys = material.keys();
      return keys == null ? null : keys.getClientAliases(keyType, issuers);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }

  /** Looks at nothing: nothing is ever sent over a connection that it has let pass. */
  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
