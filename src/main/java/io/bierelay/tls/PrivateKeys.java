package io.bierelay.tls;

import io.bierelay.tls.Pem.Block;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Decodes private keys from PEM blocks, in all forms that openssl writes without special wishes.
 */
final class PrivateKeys {

  private static final byte[] VERSION_0 = {2, 1, 0};
  private static final byte[] RSA = {
    0x30, 0x0D, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 1, 5, 0
  };
  private static final byte[] EC_KEY = {6, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};

  private PrivateKeys() {}

  /** The key is encrypted, and the password is missing or does not fit. */
  static final class PasswordException extends GeneralSecurityException {

    private static final long serialVersionUID = 1L;

    PasswordException(String message) {
      super(message);
    }
  }

  /**
   * Decodes a key.
   *
   * @throws PasswordException if it is encrypted and the password is missing or wrong
   * @throws GeneralSecurityException if it is of no use otherwise; the message says why
   */
  static PrivateKey decode(Block block, Optional<String> password) throws GeneralSecurityException {
    if (block.legacyEncrypted()) {
      throw new GeneralSecurityException(
          "it is encrypted in a form that is out of use; convert it with: openssl pkcs8 -topk8");
    }
    return switch (block.label()) {
      case "PRIVATE KEY" -> of(block.der());
      case "ENCRYPTED PRIVATE KEY" -> of(decrypt(block.der(), password));
      case "RSA PRIVATE KEY" -> of(sequence(VERSION_0, RSA, octets(block.der())));
      case "EC PRIVATE KEY" ->
          of(sequence(VERSION_0, sequence(EC_KEY, curve(block.der())), octets(block.der())));
      default ->
          throw new GeneralSecurityException(
              "'%s' is no form that is understood; convert it with: openssl pkcs8 -topk8 -nocrypt"
                  .formatted(block.label()));
    };
  }

  /** Java refuses any other character in a password of a key or a store. */
  static boolean isAscii(String password) {
    return password.chars().allMatch(c -> c >= 0x20 && c <= 0x7E);
  }

  private static byte[] decrypt(byte[] der, Optional<String> password)
      throws GeneralSecurityException {
    if (password.isEmpty()) {
      throw new PasswordException("it is encrypted, and no password is given");
    }
    if (!isAscii(password.get())) {
      throw new PasswordException(
          "its password has characters that are not ASCII (Java takes no others here)");
    }
    PBEKeySpec spec = new PBEKeySpec(password.get().toCharArray());
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      // Of PBES2 the name says nothing; its parameters name the algorithm.
      String name =
          info.getAlgName().startsWith("PBES2") || info.getAlgName().equals("1.2.840.113549.1.5.13")
              ? info.getAlgParameters().toString()
              : info.getAlgName();
      Cipher cipher = Cipher.getInstance(name);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(name).generateSecret(spec),
          info.getAlgParameters());
      return info.getKeySpec(cipher).getEncoded();
    } catch (InvalidKeySpecException | InvalidKeyException e) {
      throw new PasswordException("its password does not fit");
    } catch (IOException e) {
      throw new GeneralSecurityException("it is damaged; get it again", e);
    } finally {
      spec.clearPassword();
    }
  }

  private static PrivateKey of(byte[] pkcs8) throws GeneralSecurityException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
    InvalidKeySpecException refused = new InvalidKeySpecException();
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "DSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        refused = e; // The next algorithm may be its own.
      }
    }
    throw new GeneralSecurityException(
        "it is no RSA, EC or EdDSA key that can be decoded; get it again", refused);
  }

  /** Whether the two belong together: what one signs, the other verifies. */
  static boolean match(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "DSA" -> "SHA256withDSA";
          default -> "EdDSA";
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(VERSION_0);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(VERSION_0);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // Of another algorithm: not a pair.
    }
  }

  /** The curve of an EC key by RFC 5915, which PKCS8 wants beside the key. */
  private static byte[] curve(byte[] der) throws GeneralSecurityException {
    for (int at = 0; at + 3 < der.length; at++) {
      boolean tagged = (der[at] & 0xFF) == 0xA0 && der[at + 2] == 6;
      int length = der[at + 1];
      if (tagged && length > 2 && at + 2 + length <= der.length && der[at + 3] == length - 2) {
        byte[] curve = new byte[length];
        System.arraycopy(der, at + 2, curve, 0, length);
        return curve;
      }
    }
    throw new GeneralSecurityException(
        "it names no curve; convert it with: openssl pkcs8 -topk8 -nocrypt");
  }

  private static byte[] octets(byte[] content) {
    return tagged(4, content);
  }

  private static byte[] sequence(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return tagged(0x30, all.toByteArray());
  }

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(content.length >>> (8 * i));
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
