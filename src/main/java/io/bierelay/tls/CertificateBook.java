package io.bierelay.tls;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All certificates that this process uses: its own, those it trusts, and those that servers showed.
 *
 * <p>One for the process, as its metrics are: Kafka's client makes what it needs for TLS by itself,
 * and whoever shows certificates knows no client. Safe for all threads.
 */
public final class CertificateBook {

  /** A server that shows another name each time must not fill the memory. */
  private static final int MAX_SERVERS = 500;

  private static final Map<String, CertificateFact> SERVERS = new ConcurrentHashMap<>();

  /** By the kind of server. */
  private static final Map<String, String> REFUSALS = new ConcurrentHashMap<>();

  private CertificateBook() {}

  /** Not every client passes on why a handshake failed. */
  static void refused(String server, String why) {
    REFUSALS.put(server, why);
  }

  /** Why the last server of this kind was refused, unless one was accepted since. */
  static Optional<String> refusal(String server) {
    return Optional.ofNullable(REFUSALS.get(server));
  }

  static void seen(CertificateFact shown) {
    REFUSALS.remove(shown.server());
    String key = shown.server() + ' ' + shown.source();
    if (SERVERS.size() < MAX_SERVERS || SERVERS.containsKey(key)) {
      SERVERS.put(key, shown);
    }
  }

  /** Reads changed files, also where no connection is made just now. Blocking. */
  public static void refresh() {
    TlsMaterial.all().forEach(TlsMaterial::refreshed);
  }

  /** What is known now; each certificate once, the one that expires first at the head. */
  public static List<CertificateFact> facts() {
    List<CertificateFact> facts = new ArrayList<>();
    TlsMaterial.all().forEach(material -> facts.addAll(material.current().facts()));
    facts.addAll(SERVERS.values());
    return facts.stream()
        .distinct()
        .sorted(
            Comparator.comparing(CertificateFact::notAfter).thenComparing(CertificateFact::name))
        .toList();
  }

  /** Why changed files are not in use yet, one line each; empty when all is well. */
  public static List<String> problems() {
    return TlsMaterial.all().stream()
        .map(TlsMaterial::problem)
        .filter(problem -> !problem.isEmpty())
        .distinct()
        .toList();
  }
}
