package io.bierelay.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Everybody who is known, as the files said when they were read. Immutable. */
public final class Credentials {

  /** The largest file that is read, in bytes. */
  public static final long MAX_FILE_BYTES = 1 << 20;

  /** Of one name, so that a wrong password costs a bounded time; more than one is for changing. */
  private static final int MAX_PASSWORDS = 3;

  private final List<Credential> tokens;
  private final List<Credential> passwords;
  private final String fingerprint;

  private Credentials(List<Credential> all, String fingerprint) {
    this.fingerprint = fingerprint;
    this.tokens = all.stream().filter(Credential::isToken).toList();
    this.passwords = all.stream().filter(one -> !one.isToken()).toList();
  }

  /** Nobody. */
  public static Credentials none() {
    return new Credentials(List.of(), "");
  }

  /**
   * Reads files; blocks.
   *
   * @param problems what is wrong with them, one line each with the remedy, is added to it; the
   *     result is of use only if nothing was
   */
  public static Credentials read(List<Path> files, List<String> problems) {
    List<Credential> all = new ArrayList<>();
    StringBuilder texts = new StringBuilder();
    for (Path file : files) {
      try {
        if (Files.size(file) > MAX_FILE_BYTES) {
          problems.add("%s: has more than %d bytes".formatted(file, MAX_FILE_BYTES));
          continue;
        }
        String text = Files.readString(file, StandardCharsets.UTF_8);
        texts.append(text).append('\0');
        addLines(file, text, all, problems);
      } catch (IOException e) {
        problems.add("%s: no such file, not readable, or not UTF-8".formatted(file));
      }
    }
    return new Credentials(all, HexFormat.of().formatHex(Credential.sha256(texts.toString())));
  }

  private static void addLines(
      Path file, String text, List<Credential> into, List<String> problems) {
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        add(Credential.parse(line), into);
      } catch (IllegalArgumentException e) {
        problems.add(
            "%s, line %d: %s; 'bie-relay credential --help' makes such lines"
                .formatted(file, i + 1, e.getMessage()));
      }
    }
  }

  private static void add(Credential next, List<Credential> into) {
    long same = into.stream().filter(c -> !c.isToken() && c.name().equals(next.name())).count();
    if (!next.isToken() && same >= MAX_PASSWORDS) {
      throw new IllegalArgumentException(
          "'%s' has more than %d passwords".formatted(next.name(), MAX_PASSWORDS));
    }
    into.add(next);
  }

  /** Whether there is nobody. */
  public boolean isEmpty() {
    return tokens.isEmpty() && passwords.isEmpty();
  }

  /** Differs when anything in the files does that counts. */
  public String fingerprint() {
    return fingerprint;
  }

  /** How many lines were read. */
  public int size() {
    return tokens.size() + passwords.size();
  }

  /** Whose token it is; takes the same time whoever's it is. */
  public Optional<Credential> byToken(String token) {
    byte[] hash = Credential.sha256(token);
    Credential found = null;
    for (Credential one : tokens) {
      if (one.isTokenWithHash(hash)) {
        found = one;
      }
    }
    return Optional.ofNullable(found);
  }

  /**
   * Whose name and password it is; blocks for about 0.2 s, also if there is nobody of that name.
   */
  public Optional<Credential> byPassword(String name, char[] password) {
    List<Credential> candidates =
        passwords.stream().filter(one -> one.name().equals(name)).toList();
    if (candidates.isEmpty()) {
      Credential.wasteOn(password);
    }
    return candidates.stream().filter(one -> one.isPassword(password)).findFirst();
  }
}
