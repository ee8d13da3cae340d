/** What is counted, sent to a StatsD agent as well, in Datadog's form; off unless asked for. */
@NullMarked
package io.bierelay.statsd;

import org.jspecify.annotations.NullMarked;
