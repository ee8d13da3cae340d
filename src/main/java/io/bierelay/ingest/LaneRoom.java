package io.bierelay.ingest;

import io.bierelay.settings.Settings;
import java.util.Collection;

/**
 * How much one lane may have under way, as things are now.
 *
 * @param records at least 1
 * @param bytes at least 1
 */
record LaneRoom(long records, long bytes) {

  /** Whether a lane takes no more. */
  boolean isFull(int inFlight, long size) {
    return inFlight >= records || size >= bytes;
  }

  /** Whether a lane that was full takes records again. */
  boolean isHalfEmpty(int inFlight, long size) {
    return inFlight <= records / 2 && size <= bytes / 2;
  }

  /**
   * What all lanes of one consumer share. What waits in a lane is held in memory and makes nothing
   * faster: so together they take no more than keeps the notifier busy while Kafka is asked again.
   *
   * @param laneRecords the most for one lane
   * @param totalRecords under way in all lanes before each has its equal share only
   * @param laneBytes the most for one lane
   * @param totalBytes in equal shares
   */
  record Shares(int laneRecords, int totalRecords, long laneBytes, long totalBytes) {

    static Shares of(Settings settings) {
      return new Shares(
          settings.get(IngestSettings.LANE_RECORDS),
          settings.get(IngestSettings.TOTAL_RECORDS),
          settings.get(IngestSettings.LANE_BYTES),
          // A small heap is no reason to fail: it only holds less.
          Math.min(settings.get(IngestSettings.TOTAL_BYTES), Runtime.getRuntime().maxMemory() / 8));
    }

    /** For each of these lanes. */
    LaneRoom among(Collection<Lane> lanes) {
      int count = Math.max(1, lanes.size());
      long underWay = 0;
      for (Lane lane : lanes) {
        underWay += lane.inFlight();
      }
      long records =
          underWay < totalRecords ? laneRecords : Math.min(laneRecords, totalRecords / count);
      return new LaneRoom(Math.max(1, records), Math.min(laneBytes, totalBytes / count));
    }
  }
}
