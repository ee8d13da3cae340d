package io.bierelay.bench.peers.springjpa;

import io.bierelay.bench.peers.StoredRow;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.JoinTable;
import jakarta.persistence.ManyToMany;
import jakarta.persistence.Table;
import java.time.LocalDateTime;
import java.util.Set;
import java.util.UUID;
import org.springframework.data.domain.Persistable;

/** A row of bie_event, always new: so that no SELECT precedes its INSERT. */
@Entity
@Table(name = "bie_event")
public class BieEvent implements Persistable<UUID> {

  @Id private UUID uuid;

  @Column(name = "notified_at")
  private LocalDateTime notifiedAt;

  @Column(name = "event_type")
  private String eventType;

  @Column(name = "event_details")
  private String eventDetails;

  @Column(name = "event_at")
  private LocalDateTime eventAt;

  @Column(name = "benefit_claim_id")
  private Long benefitClaimId;

  @Column(name = "contention_id")
  private Long contentionId;

  @Column(name = "classification")
  private String classification;

  @ManyToMany
  @JoinTable(
      name = "bie_event_to_diagnostic_code",
      joinColumns = @JoinColumn(name = "bie_event_uuid"),
      inverseJoinColumns = @JoinColumn(name = "diagnostic_code"))
  private Set<DiagnosticCode> codes;

  /** For Hibernate. */
  protected BieEvent() {}

  BieEvent(StoredRow row, Set<DiagnosticCode> codes) {
    this.uuid = row.id();
    this.notifiedAt = row.notifiedAt();
    this.eventType = row.type();
    this.eventDetails = row.details();
    this.eventAt = row.eventAt();
    this.benefitClaimId = row.claim();
    this.contentionId = row.contention();
    this.classification = row.classification();
    this.codes = codes;
  }

  @Override
  public UUID getId() {
    return uuid;
  }

  @Override
  public boolean isNew() {
    return true;
  }
}
