package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.sandbox.RealServices;
import io.bierelay.status.VerticleStatus.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The opt-in partitions keep what is stored, and events are still stored once. */
class PartitionedIT {

  @Test
  void theTableIsPartitionedWithItsRowsAndTakesNoneTwice() throws Exception {
    try (WorkflowUnderTest workflow =
        new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase())) {
      String id = workflow.deploy(Map.of(), 1);
      workflow.awaitState(State.READY);
      workflow.publishNumbered("contention-updated", 0, 300);
      workflow.awaitCount("bie_event", 300);
      workflow.undeploy(id);
      List<List<String>> before = workflow.query("SELECT * FROM bie_event ORDER BY uuid");

      workflow.execute(Files.readString(Path.of("docs/sql/partitioned.sql")));
      assertThat(workflow.query("SELECT * FROM bie_event ORDER BY uuid")).isEqualTo(before);
      assertThat(workflow.count("pg_partition_tree('bie_event') WHERE isleaf")).isEqualTo(16);

      workflow.deploy(Map.of(), 1);
      workflow.awaitState(State.READY);
      workflow.publishNumbered("contention-updated", 200, 500);
      workflow.awaitCount("bie_event", 500);
      assertThat(workflow.count("bie_event")).isEqualTo(500);
      assertThat(workflow.count("bie_event_to_diagnostic_code")).isEqualTo(500);
      assertThat(workflow.total("bie.persist.stored")).isEqualTo(500);
      workflow.execute("DELETE FROM bie_event WHERE benefit_claim_id < 100");
      assertThat(workflow.count("bie_event_to_diagnostic_code")).as("cascades").isEqualTo(400);
    }
  }
}
