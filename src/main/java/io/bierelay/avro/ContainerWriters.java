package io.bierelay.avro;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writers of what contains other values: records, arrays, maps, unions. */
final class ContainerWriters {

  private ContainerWriters() {}

  /**
   * A record's fields in the schema's order.
   *
   * <p>Its fields are filled in once, right after its creation and before anybody else sees it,
   * because a record may contain itself.
   */
  static final class Fields implements ValueWriter {

    private Field[] fields = {};

    void fill(Field[] filled) {
      this.fields = filled;
    }

    @Override
    public void write(AvroBytes in, JsonBuffer out) {
      in.enter();
      int i = 0;
      try {
        for (; i < fields.length; i++) {
          fields[i].write(in, out);
        }
      } catch (PoisonException e) {
        throw e.inside(fields[i].name);
      }
      if (fields.length == 0) {
        out.ascii('{');
      }
      out.ascii('}');
      in.leave();
    }
  }

  /**
   * A record's field.
   *
   * <p>The few kinds that nearly all fields have are told apart by a number: a call that leads to
   * many places can't be compiled into its caller, and costs more than the value.
   */
  static final class Field {

    private static final int TEXT = 1;
    private static final int LONG = 2;
    private static final int OPTIONAL_TEXT = 3;
    private static final int OPTIONAL_LONG = 4;

    private final String name;
    private final JsonConstant start;
    private final JsonConstant absent;
    private final ValueWriter writer;
    private final int nullIndex;
    private final int kind;

    /**
     * @param first whether no other field of the record stands before it
     * @param json emptied and used
     */
    Field(String name, boolean first, ValueWriter writer, JsonBuffer json) {
      this.name = name;
      json.reset();
      json.ascii(first ? '{' : ',').quoted(name).ascii(':');
      this.start = JsonConstant.of(json);
      this.absent = JsonConstant.of(json.ascii("null"));
      this.writer = writer;
      ValueWriter value = writer;
      int index = -1;
      if (writer instanceof Branches union && union.branches.length == 2) {
        index = Arrays.asList(union.branches).indexOf(ScalarWriters.NULL);
        value = index < 0 ? writer : union.branches[1 - index];
      }
      this.nullIndex = index;
      if (value == ScalarWriters.STRING) {
        this.kind = index < 0 ? TEXT : OPTIONAL_TEXT;
      } else if (value == ScalarWriters.LONG) {
        this.kind = index < 0 ? LONG : OPTIONAL_LONG;
      } else {
        this.kind = 0;
      }
    }

    void write(AvroBytes in, JsonBuffer out) {
      switch (kind) {
        case TEXT -> {
          out.constant(start);
          ScalarWriters.string(in, out);
        }
        case LONG -> out.constant(start).number(in.varlong());
        case OPTIONAL_TEXT -> {
          if (present(in, out)) {
            ScalarWriters.string(in, out);
          }
        }
        case OPTIONAL_LONG -> {
          if (present(in, out)) {
            out.number(in.varlong());
          }
        }
        default -> {
          out.constant(start);
          writer.write(in, out);
        }
      }
    }

    private boolean present(AvroBytes in, JsonBuffer out) {
      boolean present = in.index(2) != nullIndex;
      out.constant(present ? start : absent);
      return present;
    }
  }

  /**
   * An array, or a map when there is a writer of keys.
   *
   * <p>A key that occurs twice is written twice, as it stands in the bytes.
   *
   * @param leastBytes the fewest bytes that an item has, with its key; 0 if that is not known
   */
  record Blocks(@Nullable ValueWriter keys, ValueWriter items, int leastBytes)
      implements ValueWriter {

    @Override
    public void write(AvroBytes in, JsonBuffer out) {
      in.enter();
      out.ascii(keys == null ? '[' : '{');
      boolean first = true;
      for (long count = in.varlong(); count != 0; count = in.varlong()) {
        int blockEnd = -1;
        if (count < 0) {
          count = -count;
          blockEnd = in.length() + in.position();
        }
        check(count, in, out);
        for (long i = 0; i < count; i++) {
          if (!first) {
            out.ascii(',');
          }
          first = false;
          if (keys != null) {
            keys.write(in, out);
            out.ascii(':');
          }
          int before = in.position();
          items.write(in, out);
          if (in.position() == before) {
            in.empty();
          }
        }
        if (blockEnd >= 0 && in.position() != blockEnd) {
          throw new PoisonException(
              PoisonReason.INVALID_VALUE, "a block's items don't fill its stated size");
        }
      }
      out.ascii(keys == null ? ']' : '}');
      in.leave();
    }

    /**
     * Items may have no bytes at all, but few of them; and each takes at least two of JSON: so all
     * three can bound.
     */
    private void check(long count, AvroBytes in, JsonBuffer out) {
      if (count < 0) {
        throw new PoisonException(PoisonReason.INVALID_VALUE, "a block's count is no count");
      }
      if (leastBytes > 0 && count > in.left() / leastBytes) {
        throw AvroBytes.truncated();
      }
      in.mayBeEmpty(count - in.left());
      if (count > out.room() / 2) {
        throw new PoisonException(
            PoisonReason.TOO_LARGE, "a block has more items than avro.json.max.size has room for");
      }
    }
  }

  /** The bare value of the branch that is stated. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never handed out.
  record Branches(ValueWriter[] branches) implements ValueWriter {

    @Override
    public void write(AvroBytes in, JsonBuffer out) {
      branches[in.index(branches.length)].write(in, out);
    }
  }
}
