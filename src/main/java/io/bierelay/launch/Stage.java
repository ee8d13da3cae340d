package io.bierelay.launch;

/** When a verticle starts, among the others of its process; they stop in the reverse order. */
public enum Stage {
  /** Before all others, so that health can be asked while the others start. */
  ADMIN,
  /** Takes from the event bus, or needs no other verticle. */
  CONSUMER,
  /** Puts onto the event bus: starts when someone listens, stops while someone still does. */
  PRODUCER
}
