package io.bierelay.avro;

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

    private String[] names = {};
    private byte[][] prefixes = {};
    private ValueWriter[] writers = {};

    /**
     * @param prefixes what stands before each value: brace or comma, name, colon
     */
    void fill(String[] names, byte[][] prefixes, ValueWriter[] writers) {
      this.names = names;
      this.prefixes = prefixes;
      this.writers = writers;
    }

    @Override
    public void write(AvroBytes in, JsonBuffer out) {
      in.enter();
      int i = 0;
      try {
        for (; i < writers.length; i++) {
          out.raw(prefixes[i]);
          writers[i].write(in, out);
        }
      } catch (PoisonException e) {
        throw e.inside(names[i]);
      }
      out.ascii(writers.length == 0 ? "{}" : "}");
      in.leave();
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
          items.write(in, out);
        }
        if (blockEnd >= 0 && in.position() != blockEnd) {
          throw new PoisonException(
              PoisonReason.INVALID_VALUE, "a block's items don't fill its stated size");
        }
      }
      out.ascii(keys == null ? ']' : '}');
      in.leave();
    }

    /** Items may have no bytes at all, but each takes at least two of JSON, so both can bound. */
    private void check(long count, AvroBytes in, JsonBuffer out) {
      if (count < 0) {
        throw new PoisonException(PoisonReason.INVALID_VALUE, "a block's count is no count");
      }
      if (leastBytes > 0 && count > in.left() / leastBytes) {
        throw AvroBytes.truncated();
      }
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
      int index = in.varint();
      if (index < 0 || index >= branches.length) {
        throw new PoisonException(
            PoisonReason.INVALID_VALUE, "a union's index is outside its branches");
      }
      branches[index].write(in, out);
    }
  }
}
