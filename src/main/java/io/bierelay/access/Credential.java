package io.bierelay.access;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * One line of a file of credentials: who somebody is, and the hash of the secret that proves it.
 *
 * <p>{@code name:role:sha256:<hex>} is a bearer token, {@code
 * name:role:pbkdf2-sha256:<iterations>:<salt>:<hash>} (Base64) is a password. A token is random and
 * long, so one SHA-256 protects it; a password is neither, so guessing has to be slow. Immutable.
 */
public final class Credential {

  /** What new passwords are hashed with; about 0.2 s of a processor. */
  public static final int ITERATIONS = 600_000;

  private static final int MIN_ITERATIONS = 100_000;
  private static final int MAX_ITERATIONS = 5_000_000;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final int TOKEN_BYTES = 32;
  private static final String TOKEN_PREFIX = "bie_";
  private static final String SHA256 = "sha256";
  private static final String PBKDF2 = "pbkdf2-sha256";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String name;
  private final Role role;
  private final int iterations;
  private final byte[] salt;
  private final byte[] hash;

  /**
   * @param iterations 0 for a token
   * @param salt empty for a token
   */
  private Credential(String name, Role role, int iterations, byte[] salt, byte[] hash) {
    this.name = name;
    this.role = role;
    this.iterations = iterations;
    this.salt = salt;
    this.hash = hash;
  }

  /** Whose it is. */
  public String name() {
    return name;
  }

  /** What they may do. */
  public Role role() {
    return role;
  }

  /** Whether it is a bearer token; else it is a password. */
  public boolean isToken() {
    return iterations == 0;
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException saying what is wrong with it, without its text
   */
  public static Credential parse(String line) {
    List<String> parts = List.of(line.strip().split(":", -1));
    if (parts.size() < 4) {
      throw new IllegalArgumentException(
          "expected name:role:sha256:… or name:role:pbkdf2-sha256:…");
    }
    String name = checkName(parts.get(0));
    Role role =
        Role.named(parts.get(1))
            .orElseThrow(() -> new IllegalArgumentException("the role must be viewer or operator"));
    if (parts.get(2).equals(SHA256) && parts.size() == 4) {
      return new Credential(name, role, 0, new byte[0], hex(parts.get(3)));
    }
    if (parts.get(2).equals(PBKDF2) && parts.size() == 6) {
      byte[] salt = base64(parts.get(4));
      byte[] hash = base64(parts.get(5));
      if (salt.length < SALT_BYTES || hash.length != HASH_BYTES) {
        throw new IllegalArgumentException("the salt or the hash is too short");
      }
      return new Credential(name, role, iterations(parts.get(3)), salt, hash);
    }
    throw new IllegalArgumentException(
        "the hash must be sha256:<64 hexadecimal digits>, of a random token, or"
            + " pbkdf2-sha256:<iterations>:<salt>:<hash>, of a password");
  }

  /** A token that nobody can guess. */
  public static String newToken() {
    byte[] random = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(random);
    return TOKEN_PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /**
   * The line for a token.
   *
   * @throws IllegalArgumentException if the name can't be one
   */
  public static String lineForToken(String name, Role role, String token) {
    return String.join(
        ":", checkName(name), role.label(), SHA256, HexFormat.of().formatHex(sha256(token)));
  }

  /**
   * The line for a password; takes about 0.2 s.
   *
   * @throws IllegalArgumentException if the name can't be one
   */
  public static String lineForPassword(String name, Role role, char[] password) {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    Base64.Encoder base64 = Base64.getEncoder();
    return String.join(
        ":",
        checkName(name),
        role.label(),
        PBKDF2,
        String.valueOf(ITERATIONS),
        base64.encodeToString(salt),
        base64.encodeToString(pbkdf2(password, salt, ITERATIONS)));
  }

  /**
   * Whether it is this token, by its hash; the time it takes tells nothing.
   *
   * @param sha256 of the token that was presented, see {@link #sha256}
   */
  public boolean isTokenWithHash(byte[] sha256) {
    return MessageDigest.isEqual(hash, sha256) && isToken();
  }

  /** Whether it is this password; takes about 0.2 s of a processor, so not for an event loop. */
  public boolean isPassword(char[] password) {
    return !isToken() && MessageDigest.isEqual(hash, pbkdf2(password, salt, iterations));
  }

  /** The work of {@link #isPassword} for somebody who does not exist. */
  public static void wasteOn(char[] password) {
    pbkdf2(password, new byte[SALT_BYTES], ITERATIONS);
  }

  /** The hash by which a token is compared. */
  public static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private static byte[] pbkdf2(char[] password, byte[] salt, int iterations) {
    PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, HASH_BYTES * 8);
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has PBKDF2WithHmacSHA256", e);
    } finally {
      spec.clearPassword();
    }
  }

  private static String checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a name has 1 to 64 letters, digits and . _ @ - of ASCII, nothing else");
    }
    return name;
  }

  private static int iterations(String text) {
    int iterations = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw new IllegalArgumentException(
          "the iterations must be %d to %d".formatted(MIN_ITERATIONS, MAX_ITERATIONS));
    }
    return iterations;
  }

  private static byte[] hex(String text) {
    if (!text.matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("sha256 must be followed by 64 hexadecimal digits");
    }
    return HexFormat.of().parseHex(text);
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the salt or the hash is not Base64", e);
    }
  }
}
