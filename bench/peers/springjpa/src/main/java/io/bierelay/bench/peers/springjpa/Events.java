package io.bierelay.bench.peers.springjpa;

import java.util.UUID;
import org.springframework.data.jpa.repository.JpaRepository;

/** Spring Data's way to the rows. */
public interface Events extends JpaRepository<BieEvent, UUID> {}
