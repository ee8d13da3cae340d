package io.bierelay.sandbox;

import java.util.List;
import java.util.Map;

/** What the demo needs of the relay: that it runs roles with settings, and stops. */
public interface RelayUnderTest {
  /** Starts and returns when all verticles are deployed. */
  void start(List<String> roles, Map<String, Object> settings);

  /** Stops in good order; without effect if it is not running. */
  void stop();
}
