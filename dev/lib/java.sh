# Sourced by the scripts of dev/: finds a JDK.

# require_jdk SCRIPT: ends the script unless there is a JDK 17 or newer; sets $java.
require_jdk() {
  local script=$1 javac major
  if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
    javac=$JAVA_HOME/bin/javac
  else
    java=$(command -v java || true)
    javac=$(command -v javac || true)
  fi
  if [ ! -x "$javac" ] || [ ! -x "$java" ]; then
    echo "$script: no JDK found. Install JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME." >&2
    exit 1
  fi
  major=$("$javac" -version 2>&1 | sed -nE 's/^javac ([0-9]+).*/\1/p')
  if [ "${major:-0}" -lt 17 ]; then
    echo "$script: JDK 17 or newer is needed, but $javac is version ${major:-unknown}." >&2
    exit 1
  fi
}
