package io.bierelay.sandbox;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * What a schema registry remembers: subjects, their versions, and one id for each distinct schema,
 * whichever subjects hold it.
 */
final class RegisteredSchemas {
  /** A refusal with the registry's own code. */
  static final class Refused extends RuntimeException {
    private final int errorCode;

    Refused(int errorCode, String message) {
      super(message);
      this.errorCode = errorCode;
    }

    int errorCode() {
      return errorCode;
    }

    /** The first three digits of the code are the HTTP status. */
    int status() {
      return errorCode < 1000 ? errorCode : errorCode / 100;
    }
  }

  /** One version of a subject. */
  record Version(String subject, int version, int id, String schema) {}

  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, List<Version>> subjects = new LinkedHashMap<>();

  /** The same schema again gets the same id and makes no new version. */
  synchronized int register(String subject, String schema) {
    String canonical = canonical(schema);
    Optional<Version> known = find(subject, canonical);
    if (known.isPresent()) {
      return known.get().id();
    }
    Integer id = ids.get(canonical);
    if (id == null) {
      id = ids.size() + 1;
      ids.put(canonical, id);
    }
    List<Version> versions = subjects.computeIfAbsent(subject, s -> new ArrayList<>());
    versions.add(new Version(subject, versions.size() + 1, id, canonical));
    return id;
  }

  synchronized Version lookup(String subject, String schema) {
    versionsOf(subject);
    return find(subject, canonical(schema))
        .orElseThrow(() -> new Refused(40403, "Schema not found"));
  }

  synchronized List<String> subjects() {
    return List.copyOf(subjects.keySet());
  }

  synchronized List<Integer> versions(String subject) {
    return versionsOf(subject).stream().map(Version::version).toList();
  }

  synchronized Version version(String subject, String wanted) {
    List<Version> versions = versionsOf(subject);
    int number = wanted.equals("latest") ? versions.size() : number(wanted);
    if (number > versions.size()) {
      throw new Refused(40402, "Version " + number + " not found.");
    }
    return versions.get(number - 1);
  }

  synchronized String byId(int id) {
    return ids.entrySet().stream()
        .filter(e -> e.getValue() == id)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new Refused(40403, "Schema " + id + " not found"));
  }

  private List<Version> versionsOf(String subject) {
    List<Version> versions = subjects.get(subject);
    if (versions == null) {
      throw new Refused(40401, "Subject '" + subject + "' not found.");
    }
    return versions;
  }

  private Optional<Version> find(String subject, String canonical) {
    return subjects.getOrDefault(subject, List.of()).stream()
        .filter(v -> v.schema().equals(canonical))
        .findFirst();
  }

  private static int number(String wanted) {
    try {
      int number = Integer.parseInt(wanted);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Not a number is refused just as a number out of range.
    }
    throw new Refused(
        42202,
        "The specified version '"
            + wanted
            + "' is not a valid version id. Allowed values are between [1, 2^31-1] and the string"
            + " \"latest\"");
  }

  private static String canonical(String schema) {
    try {
      return new Schema.Parser().parse(schema).toString();
    } catch (RuntimeException e) {
      // Avro says so in several ways, not all of them exceptions of its own.
      throw new Refused(42201, "Invalid schema: " + e.getMessage());
    }
  }
}
