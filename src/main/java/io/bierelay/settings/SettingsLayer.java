package io.bierelay.settings;

import io.vertx.core.json.JsonObject;

/**
 * What one source says: a file, a directory of secrets, the environment.
 *
 * @param source named in errors and beside each effective value
 * @param values nested or with dotted keys, both are understood
 */
public record SettingsLayer(String source, JsonObject values) {}
