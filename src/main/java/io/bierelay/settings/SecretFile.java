package io.bierelay.settings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** A file whose content is one value, without the line end that editors add. */
public final class SecretFile {

  private static final Pattern LINE_END = Pattern.compile("[\\r\\n]+$");

  private SecretFile() {}

  /**
   * The value. Blocking: reads a file.
   *
   * @throws java.nio.charset.CharacterCodingException if it is not UTF-8
   */
  public static String value(Path file) throws IOException {
    return LINE_END.matcher(Files.readString(file, StandardCharsets.UTF_8)).replaceFirst("");
  }
}
