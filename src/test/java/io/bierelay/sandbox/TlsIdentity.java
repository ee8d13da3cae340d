package io.bierelay.sandbox;

import io.bierelay.sandbox.SandboxAuthority.Issued;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import javax.net.ssl.SSLContext;

/**
 * What one side of a TLS connection shows and whom it believes, in the forms that servers and
 * clients want.
 *
 * @param name the certificate's common name
 * @param issued key and certificate themselves
 * @param chain its certificate and the authority's, as PEM
 * @param key its key, as PEM
 * @param derKey its key, as PKCS8 in DER
 * @param pair chain and key in one file
 * @param trust the authority's certificate, as PEM
 * @param context all of it, for this JVM
 */
public record TlsIdentity(
    String name,
    Issued issued,
    Path chain,
    Path key,
    Path derKey,
    Path pair,
    Path trust,
    SSLContext context) {

  /** Key and certificate as a PKCS12 store, written beside the others. */
  public Path pkcs12(String password) {
    return issued.pkcs12(pair.resolveSibling(pair.getFileName() + ".p12"), password);
  }

  /** The relay's settings that have it show this to the servers whose keys begin so. */
  public Map<String, Object> settings(String prefix) {
    return Map.of(
        prefix + ".truststore.location", trust.toString(),
        prefix + ".keystore.location", pair.toString());
  }

  /** The properties that have one of Kafka's own clients, or a broker, show this. */
  public Properties kafkaProperties() {
    Properties properties = new Properties();
    properties.put("ssl.keystore.type", "PEM");
    properties.put("ssl.keystore.location", pair.toString());
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", trust.toString());
    return properties;
  }
}
