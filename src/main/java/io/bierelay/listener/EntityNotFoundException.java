package io.bierelay.listener;

import java.util.UUID;

/** The API says that there is no such entity. */
final class EntityNotFoundException extends ChangeFailedException {

  private static final long serialVersionUID = 1L;

  EntityNotFoundException(String entity, UUID id) {
    super(
        FailureReason.ENTITY_NOT_FOUND,
        "there is no %s with id %s, says the API".formatted(entity, id));
  }
}
