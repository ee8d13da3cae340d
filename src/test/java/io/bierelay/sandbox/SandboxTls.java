package io.bierelay.sandbox;

import io.bierelay.sandbox.SandboxAuthority.Issued;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificates of one sandbox: an authority of its own, and what servers and clients show, made
 * when it is first asked for and gone with it.
 */
public final class SandboxTls implements AutoCloseable {

  private final SandboxAuthority authority = new SandboxAuthority("Sandbox CA");
  private final ScratchDirectory scratch = ScratchDirectory.create("tls");
  private final Path trust = authority.pem(scratch.resolve("ca.pem"));
  private final Map<String, TlsIdentity> made = new HashMap<>();

  /** Where the files are. */
  public Path directory() {
    return scratch.path();
  }

  /** The certificate of the authority that signs all others. */
  public Path trust() {
    return trust;
  }

  /** What a server of that name shows, for localhost and 127.0.0.1. */
  public synchronized TlsIdentity server(String name) {
    return made.computeIfAbsent(
        "server-" + name, file -> files(name, file, authority.server(name)));
  }

  /** What a client of that name shows. */
  public synchronized TlsIdentity client(String name) {
    return made.computeIfAbsent(name, file -> files(name, file, authority.client(name)));
  }

  /** For a client of this JVM that believes the authority and has nothing to show. */
  public SSLContext trusting() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, believing(authority.certificate()).getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    scratch.close();
  }

  private TlsIdentity files(String name, String file, Issued issued) {
    return new TlsIdentity(
        name,
        issued,
        issued.chainPem(scratch.resolve(file + ".crt")),
        issued.keyPem(scratch.resolve(file + ".key")),
        issued.keyDer(scratch.resolve(file + ".pk8")),
        issued.pem(scratch.resolve(file + ".pem")),
        trust,
        context(issued));
  }

  private static SSLContext context(Issued issued) {
    // In memory only; a store wants one.
    char[] password = "sandbox".toCharArray();
    try {
      KeyStore own = empty();
      own.setKeyEntry(
          "own",
          issued.key(),
          password,
          new Certificate[] {issued.certificate(), issued.authority()});
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), believing(issued.authority()).getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TrustManagerFactory believing(Certificate authority)
      throws GeneralSecurityException, IOException {
    KeyStore believed = empty();
    believed.setCertificateEntry("authority", authority);
    TrustManagerFactory authorities =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    authorities.init(believed);
    return authorities;
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
