package io.bierelay.bench.peers.springjpa;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of diagnostic_code. */
@Entity
@Table(name = "diagnostic_code")
public class DiagnosticCode {

  @Id private String code;

  /** For Hibernate. */
  protected DiagnosticCode() {}
}
