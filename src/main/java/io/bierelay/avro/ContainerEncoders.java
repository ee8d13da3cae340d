package io.bierelay.avro;

import io.bierelay.avro.Encoding.Json;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Encoders of what contains other values: records, arrays, maps, unions. */
final class ContainerEncoders {

  private ContainerEncoders() {}

  /**
   * One field of a record.
   *
   * @param name the schema's
   * @param others further names that the object may have it under, in order of preference
   * @param fallback Avro of the schema's default, null if there is none
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never handed out.
  record Member(String name, String[] others, ValueEncoder encoder, byte @Nullable [] fallback) {

    /** Null if the object has none, or has null. */
    @Nullable Object find(Map<?, ?> object) {
      Object value = object.get(name);
      for (int i = 0; value == null && i < others.length; i++) {
        value = object.get(others[i]);
      }
      return value;
    }

    boolean isIn(Map<?, ?> object) {
      return object.containsKey(name) || Arrays.stream(others).anyMatch(object::containsKey);
    }

    private void encodeAbsent(Map<?, ?> object, Encoding to) {
      boolean present = isIn(object);
      if (present && encoder.nullable()) {
        encoder.encode(null, to);
        return;
      }
      to.lacks();
      if (fallback != null) {
        to.out.raw(fallback);
      } else if (encoder.nullable()) {
        encoder.encode(null, to);
      } else {
        throw to.mismatch(
            encoder.expected() + ", which the schema requires",
            present ? "null" : "nothing: the object lacks it",
            null);
      }
    }
  }

  /**
   * A record's fields in the schema's order.
   *
   * <p>Its fields are filled in once, right after its creation and before anybody else sees it,
   * because a record may contain itself.
   */
  static final class Fields implements ValueEncoder {

    private final String expected;
    private Member[] members = {};

    Fields(String recordName) {
      this.expected = "an object for the record " + recordName;
    }

    void fill(Member[] members) {
      this.members = members;
    }

    @Override
    public String expected() {
      return expected;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      Map<?, ?> object = Json.object(value);
      if (value == null || object == null) {
        throw to.mismatch(expected, value);
      }
      to.enter(value);
      for (Member member : members) {
        to.at(member.name);
        Object found = member.find(object);
        if (found == null) {
          member.encodeAbsent(object, to);
        } else {
          member.encoder.encode(found, to);
        }
      }
      to.leave();
    }

    /** Exact if each field is there and nothing else is. */
    @Override
    public Fit fit(@Nullable Object value, int depth, Encoding to) {
      Map<?, ?> object = Json.object(value);
      if (object == null) {
        return Fit.NO;
      }
      if (depth == 0 || !to.mayLookInto()) {
        return Fit.EXACT;
      }
      Fit fit = object.size() == members.length ? Fit.EXACT : Fit.CONVERTIBLE;
      for (Member member : members) {
        Object found = member.find(object);
        Fit one;
        if (found != null) {
          one = member.encoder.fit(found, depth - 1, to);
        } else if (member.encoder.nullable()) {
          one = member.isIn(object) ? Fit.EXACT : Fit.CONVERTIBLE;
        } else {
          one = member.fallback == null ? Fit.NO : Fit.CONVERTIBLE;
        }
        fit = worse(fit, one);
        if (fit == Fit.NO) {
          return fit;
        }
      }
      return fit;
    }
  }

  private static ValueEncoder.Fit worse(ValueEncoder.Fit one, ValueEncoder.Fit other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** An array, in one block. */
  record Items(ValueEncoder items) implements ValueEncoder {

    @Override
    public String expected() {
      return "an array";
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      Collection<?> list = Json.list(value);
      if (value == null || list == null) {
        throw to.mismatch(expected(), value);
      }
      to.enter(value);
      if (!list.isEmpty()) {
        to.out.number(list.size());
        int i = 0;
        for (Object item : list) {
          to.at(i++);
          items.encode(item, to);
        }
      }
      to.out.raw(0);
      to.leave();
    }

    @Override
    public Fit fit(@Nullable Object value, int depth, Encoding to) {
      Collection<?> list = Json.list(value);
      return list == null ? Fit.NO : fitAll(items, list, depth, to);
    }
  }

  /** A map, in one block. */
  record Entries(ValueEncoder values) implements ValueEncoder {

    @Override
    public String expected() {
      return "an object for a map";
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      Map<?, ?> object = Json.object(value);
      if (value == null || object == null) {
        throw to.mismatch(expected(), value);
      }
      to.enter(value);
      if (!object.isEmpty()) {
        to.out.number(object.size());
        int i = 0;
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          to.atEntry(i++);
          if (!(entry.getKey() instanceof String key) || !to.out.string(key)) {
            throw to.mismatch("a key of text without lone surrogates", entry.getKey());
          }
          values.encode(entry.getValue(), to);
        }
      }
      to.out.raw(0);
      to.leave();
    }

    @Override
    public Fit fit(@Nullable Object value, int depth, Encoding to) {
      Map<?, ?> object = Json.object(value);
      return object == null ? Fit.NO : fitAll(values, object.values(), depth, to);
    }
  }

  private static ValueEncoder.Fit fitAll(
      ValueEncoder encoder, Collection<?> values, int depth, Encoding to) {
    ValueEncoder.Fit fit = ValueEncoder.Fit.EXACT;
    for (Object value : values) {
      if (depth == 0 || fit == ValueEncoder.Fit.NO || !to.mayLookInto()) {
        break;
      }
      fit = worse(fit, encoder.fit(value, depth - 1, to));
    }
    return fit;
  }

  /** The branch that fits best, the earlier one of two that fit alike. */
  static final class Branches implements ValueEncoder {

    private final ValueEncoder[] branches;
    private final int nullBranch;

    /** The only branch beside null, or -1 if there are several. */
    private final int onlyBranch;

    Branches(ValueEncoder[] branches) {
      this.branches = branches;
      int nulls = -1;
      int other = -1;
      int others = 0;
      for (int i = 0; i < branches.length; i++) {
        if (branches[i] == ScalarEncoders.NULL) {
          nulls = i;
        } else {
          other = i;
          others++;
        }
      }
      this.nullBranch = nulls;
      this.onlyBranch = others == 1 ? other : -1;
    }

    @Override
    public String expected() {
      return Arrays.stream(branches)
          .map(ValueEncoder::expected)
          .collect(Collectors.joining(", or "));
    }

    @Override
    public boolean nullable() {
      return nullBranch >= 0;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      int index = value == null ? nullBranch : onlyBranch >= 0 ? onlyBranch : choose(value, to);
      if (index < 0) {
        throw to.mismatch(expected(), value);
      }
      to.out.number(index);
      branches[index].encode(value, to);
    }

    private int choose(Object value, Encoding to) {
      to.beginTrial();
      int best = -1;
      Fit bestFit = Fit.NO;
      for (int i = 0; i < branches.length && bestFit != Fit.EXACT; i++) {
        Fit fit = branches[i].fit(value, LOOK_AHEAD, to);
        if (fit.compareTo(bestFit) > 0) {
          best = i;
          bestFit = fit;
        }
      }
      for (int i = 0; best < 0 && i < branches.length; i++) {
        // None fits; one of the same kind can at least say which part of the value does not.
        best = branches[i].fit(value, 0, to) == Fit.NO ? -1 : i;
      }
      return best;
    }

    @Override
    public Fit fit(@Nullable Object value, int depth, Encoding to) {
      Fit best = Fit.NO;
      for (ValueEncoder branch : branches) {
        Fit fit = branch.fit(value, depth, to);
        best = fit.compareTo(best) > 0 ? fit : best;
        if (best == Fit.EXACT) {
          break;
        }
      }
      return best;
    }
  }
}
