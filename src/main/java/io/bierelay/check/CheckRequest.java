package io.bierelay.check;

import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;

/**
 * What a module is asked to check.
 *
 * @param settings those that the module declares
 * @param read how many events to show of what is there; 0 for none
 * @param showValues whether to show the events' values as well, which may hold personal data
 */
public record CheckRequest(Vertx vertx, Settings settings, int read, boolean showValues) {}
