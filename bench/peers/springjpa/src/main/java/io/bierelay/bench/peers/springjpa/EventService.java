package io.bierelay.bench.peers.springjpa;

import io.bierelay.bench.peers.StoredRow;
import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/** Stores rows in one transaction; when one of them is there already, each in one of its own. */
@Service
public class EventService {

  private final Events events;
  private final EntityManager manager;
  private final TransactionTemplate transactions;
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  EventService(Events events, EntityManager manager, TransactionTemplate transactions) {
    this.events = events;
    this.manager = manager;
    this.transactions = transactions;
  }

  /** Returns when all are committed. */
  public void store(List<StoredRow> rows) {
    try {
      insert(rows);
    } catch (DataIntegrityViolationException e) {
      for (StoredRow row : rows) {
        if (!events.existsById(row.id())) {
          insert(List.of(row));
        }
      }
    }
  }

  private void insert(List<StoredRow> rows) {
    // Sorted, so that two transactions never wait for each other.
    Set<String> fresh = new TreeSet<>();
    rows.forEach(row -> row.codes().stream().filter(c -> !known.contains(c)).forEach(fresh::add));
    transactions.executeWithoutResult(
        status -> {
          for (String code : fresh) {
            manager
                .createNativeQuery(
                    "INSERT INTO diagnostic_code (code) VALUES (?) ON CONFLICT DO NOTHING")
                .setParameter(1, code)
                .executeUpdate();
          }
          List<BieEvent> all = new ArrayList<>(rows.size());
          Set<UUID> ids = new HashSet<>();
          for (StoredRow row : rows) {
            if (ids.add(row.id())) {
              Set<DiagnosticCode> codes = new HashSet<>();
              row.codes().forEach(c -> codes.add(manager.getReference(DiagnosticCode.class, c)));
              all.add(new BieEvent(row, codes));
            }
          }
          events.saveAll(all);
        });
    known.addAll(fresh);
  }
}
