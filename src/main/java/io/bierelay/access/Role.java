package io.bierelay.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What somebody may do; each role may do all that those before it may. */
public enum Role {
  /** Look at everything that is shown. */
  VIEWER,
  /** Change what is running. */
  OPERATOR;

  /** The role with this name, in lower case as in files. */
  public static Optional<Role> named(String name) {
    return Arrays.stream(values()).filter(role -> role.label().equals(name)).findFirst();
  }

  /** Its name in files and answers. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether who has this role may do what needs the other. */
  public boolean includes(Role needed) {
    return compareTo(needed) >= 0;
  }
}
