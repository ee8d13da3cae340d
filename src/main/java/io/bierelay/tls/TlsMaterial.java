package io.bierelay.tls;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.tls.CertificateFact.Kind;
import io.bierelay.tls.TlsFiles.Loaded;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys and certificates for one kind of server, read again when their files change.
 *
 * <p>Whoever opens a connection asks for the {@link #refreshed} generation; connections that are
 * open go on with the one that they began with. Files that are being replaced may not fit together
 * for a moment, so what can't be used changes nothing: the generation before stays, and the problem
 * is told. Safe for all threads.
 */
public final class TlsMaterial {

  /** What we speak, the best first. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  private static final Logger LOG = LoggerFactory.getLogger(TlsMaterial.class);
  private static final char[] NO_PASSWORD = {};

  /** By the settings' values. A process has one or two for each kind of server, until its end. */
  private static final Map<List<Object>, TlsMaterial> SHARED = new ConcurrentHashMap<>();

  private final TlsSettings tls;
  private final Settings settings;
  private volatile Generation current;
  private volatile String problem = "";

  private TlsMaterial(TlsSettings tls, Settings settings) {
    this.tls = tls;
    this.settings = settings;
    TlsFiles files = TlsFiles.of(tls, settings);
    this.current = new Generation(1, files.fingerprint(), files, this);
  }

  /**
   * The material for these settings, the same for all in this process who have the same. Reads the
   * files the first time: blocking, for some milliseconds.
   *
   * @throws ConfigurationException with all that is wrong with them, one line each
   */
  public static TlsMaterial of(TlsSettings tls, Settings settings) {
    List<Object> key = new ArrayList<>();
    tls.all().forEach(setting -> key.add(settings.find(setting)));
    key.add(tls.prefix());
    TlsMaterial known = SHARED.get(key);
    if (known == null) {
      TlsMaterial opened = new TlsMaterial(tls, settings);
      known = SHARED.putIfAbsent(key, opened);
      known = known == null ? opened : known;
    }
    return known;
  }

  /** All that were asked for. */
  static Collection<TlsMaterial> all() {
    return SHARED.values();
  }

  /** What was read last; does not block. */
  public Generation current() {
    return current;
  }

  /** What the files hold now, or what they held last if that is of no use. Blocking. */
  public synchronized Generation refreshed() {
    Generation before = current;
    try {
      TlsFiles files = TlsFiles.of(tls, settings);
      String fingerprint = files.fingerprint();
      if (!fingerprint.equals(before.fingerprint)) {
        current = new Generation(before.number + 1, fingerprint, files, this);
        LOG.info(
            "keys and certificates for {} were changed; new connections use them: {}",
            tls.server(),
            current.facts.stream().map(CertificateFact::name).distinct().toList());
      }
      problem = "";
    } catch (ConfigurationException e) {
      String what = String.join("; ", e.problems());
      if (!what.equals(problem)) {
        problem = what;
        LOG.warn(
            "keys and certificates for {} stay as they were, since the changed ones can't be used: {}",
            tls.server(),
            what);
      }
    }
    return current;
  }

  /** As {@link #refreshed()}, on a worker thread. */
  public Future<Generation> refreshed(Vertx vertx) {
    return vertx.executeBlocking(() -> refreshed(), false);
  }

  /** Why changed files are not in use; empty when they are. */
  public String problem() {
    return problem;
  }

  /** What was read together and is used together. Immutable. */
  public static final class Generation {

    private final int number;
    private final String fingerprint;
    private final boolean anyHost;
    private final List<CertificateFact> facts;
    private final X509ExtendedTrustManager trust;
    private final X509ExtendedTrustManager anyTrust;
    private final Optional<X509ExtendedKeyManager> own;
    private final SSLContext context;
    private final SSLContext unverified;
    private final ClientSSLOptions options;

    private Generation(int number, String fingerprint, TlsFiles files, TlsMaterial material) {
      Loaded loaded = files.load();
      this.number = number;
      this.fingerprint = fingerprint;
      this.anyHost = material.settings.get(material.tls.anyHost());
      this.facts = facts(material.tls.server(), files, loaded);
      try {
        trust = new SeenTrust(material.tls, authorities(loaded.trusted()), anyHost);
        anyTrust = new AnyTrust(material.tls.server());
        KeyManager @Nullable [] keys = null;
        options =
            new ClientSSLOptions()
                .setTrustOptions(TrustOptions.wrap(trust))
                .setEnabledSecureTransportProtocols(new LinkedHashSet<>(PROTOCOLS))
                .setHostnameVerificationAlgorithm(anyHost ? "" : "HTTPS");
        if (loaded.identity().isPresent()) {
          KeyManagerFactory factory = keys(loaded.identity().get());
          keys = factory.getKeyManagers();
          options.setKeyCertOptions(KeyCertOptions.wrap(factory));
        }
        own = keys == null ? Optional.empty() : x509(keys);
        // A context of its own for each generation: sessions of the former one are not resumed,
        // which would go on with its certificate.
        context = context(keys, trust);
        unverified = context(keys, anyTrust);
      } catch (GeneralSecurityException | IOException e) {
        throw new ConfigurationException(
            "the keys and certificates in %s.* can't be used together (%s)"
                .formatted(material.tls.prefix(), e.getMessage()));
      }
    }

    /** Grows with each change. */
    public int number() {
      return number;
    }

    /** For clients of Java's own TLS; set {@link #parameters} on what it makes. */
    public SSLContext context() {
      return context;
    }

    /** The same, for a server whose certificate is not verified because a person wants it so. */
    public SSLContext unverified() {
      return unverified;
    }

    /** The least version, and whether the host's name is verified. */
    public SSLParameters parameters() {
      SSLParameters parameters = context.getDefaultSSLParameters();
      parameters.setProtocols(PROTOCOLS.toArray(String[]::new));
      parameters.setEndpointIdentificationAlgorithm(anyHost ? "" : "HTTPS");
      return parameters;
    }

    /** What decides on a server's certificate. */
    public X509ExtendedTrustManager trust() {
      return trust;
    }

    /** What takes any, as {@link #unverified} does. */
    public X509ExtendedTrustManager anyTrust() {
      return anyTrust;
    }

    /** The client's key and certificate. */
    public Optional<X509ExtendedKeyManager> keys() {
      return own;
    }

    /** Whether a server's certificate must carry its host's name. */
    public boolean verifiesHost() {
      return !anyHost;
    }

    /** For clients of Vert.x; a copy that the caller may change. */
    public ClientSSLOptions options() {
      return options.copy();
    }

    List<CertificateFact> facts() {
      return facts;
    }

    private static List<CertificateFact> facts(String server, TlsFiles files, Loaded loaded) {
      Set<CertificateFact> facts = new LinkedHashSet<>();
      for (X509Certificate one : loaded.trusted()) {
        facts.add(CertificateFact.of(server, Kind.TRUSTED, one, path(files.trust())));
      }
      loaded
          .identity()
          .ifPresent(
              own ->
                  own.chain()
                      .forEach(
                          one ->
                              facts.add(
                                  CertificateFact.of(
                                      server, Kind.OWN, one, path(files.identity())))));
      return List.copyOf(facts);
    }

    private static Optional<X509ExtendedKeyManager> x509(KeyManager[] keys) {
      return Arrays.stream(keys)
          .filter(X509ExtendedKeyManager.class::isInstance)
          .map(X509ExtendedKeyManager.class::cast)
          .findFirst();
    }

    private static SSLContext context(KeyManager @Nullable [] keys, TrustManager trust)
        throws GeneralSecurityException {
      SSLContext made = SSLContext.getInstance("TLS");
      made.init(keys, new TrustManager[] {trust}, null);
      return made;
    }

    private static String path(Optional<StoreFile> file) {
      return file.map(one -> one.path().toString()).orElse("");
    }

    private static X509ExtendedTrustManager authorities(List<X509Certificate> trusted)
        throws GeneralSecurityException, IOException {
      KeyStore store = null; // Java's own.
      if (!trusted.isEmpty()) {
        store = empty();
        int alias = 0;
        for (X509Certificate certificate : trusted) {
          store.setCertificateEntry(Integer.toString(alias++), certificate);
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
      throw new GeneralSecurityException("this Java has no trust manager for X.509");
    }

    private static KeyManagerFactory keys(Identity identity)
        throws GeneralSecurityException, IOException {
      KeyStore store = empty();
      store.setKeyEntry(
          "own", identity.key(), NO_PASSWORD, identity.chain().toArray(Certificate[]::new));
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, NO_PASSWORD);
      return factory;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      return store;
    }
  }
}
