package io.bierelay.bench.workflow;

/**
 * One contestant's drain.
 *
 * @param rowsPerSecond of the measured rows, warm
 * @param cpuMicros CPU time per row since the process began, start and warm-up included
 * @param warmCpuMicros CPU time per measured row
 * @param rssMib the greatest resident set up to the last row of the drain
 * @param startMs from the process's start to the first row
 * @param startCpuMs CPU time up to there
 * @param p50 milliseconds from publishing to a row that others see, at 100 a second
 * @param p99 the same
 * @param rows how many the CPU time was divided by
 */
record Stored(
    double rowsPerSecond,
    double cpuMicros,
    double warmCpuMicros,
    double rssMib,
    double startMs,
    double startCpuMs,
    double p50,
    double p99,
    int rows) {}
