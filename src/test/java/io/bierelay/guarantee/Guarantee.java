package io.bierelay.guarantee;

import java.util.List;

/** Something that is promised, and that the evidence of a scenario can disprove. */
interface Guarantee {

  /** How it was broken, one sentence each; empty when it held. */
  List<String> brokenBy(Evidence evidence);
}
