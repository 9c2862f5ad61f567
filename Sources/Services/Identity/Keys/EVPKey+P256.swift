internal import COpenSSL

extension EVPKey {
  /// Bytes of a coordinate or a scalar of the curve P-256.
  static let p256Count = 32

  /// A key on P-256 from the coordinates of its point and, if known, its secret scalar. Nil if the
  /// point is not on the curve or the halves do not belong together.
  static func p256(x: [UInt8], y: [UInt8], privateKey: [UInt8]?) -> EVPKey? {
    guard x.count == p256Count, y.count == p256Count,
      privateKey.map({ $0.count == p256Count }) ?? true,
      let handle = p256Handle(uncompressedPoint: [4] + x + y, privateKey)
    else {
      ERR_clear_error()
      return nil
    }
    let key = EVPKey(owning: handle, isPrivate: privateKey != nil)
    guard key.isConsistent else {
      ERR_clear_error()
      return nil
    }
    return key
  }

  private static func p256Handle(
    uncompressedPoint point: [UInt8], _ privateKey: [UInt8]?
  ) -> OpaquePointer? {
    let scalar = privateKey.map { BN_bin2bn($0, Int32($0.count), nil) }
    defer { BN_clear_free(scalar ?? nil) }
    return spillway_p256_key(point, point.count, scalar ?? nil)
  }

  private var isConsistent: Bool {
    let context = EVP_PKEY_CTX_new(handle, nil)
    defer { EVP_PKEY_CTX_free(context) }
    return EVP_PKEY_public_check(context) == 1
      && (!isPrivate || EVP_PKEY_pairwise_check(context) == 1)
  }

  // MARK: Signatures: JWS has r and s side by side, OpenSSL has them in DER

  func signP256(_ message: UnsafeRawBufferPointer) -> [UInt8] {
    let der = sign(message, digest: EVP_sha256())
    return der.withUnsafeBufferPointer { der in
      var cursor = der.baseAddress
      let pair = d2i_ECDSA_SIG(nil, &cursor, der.count)
      defer { ECDSA_SIG_free(pair) }
      var raw = [UInt8](repeating: 0, count: 2 * Self.p256Count)
      let size = Int32(Self.p256Count)
      raw.withUnsafeMutableBufferPointer { raw in
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw.baseAddress, size)
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw.baseAddress! + Self.p256Count, size)
      }
      return raw
    }
  }

  func verifyP256(_ raw: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer) -> Bool {
    guard raw.count == 2 * Self.p256Count, let base = raw.baseAddress else { return false }
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    let size = Int32(Self.p256Count)
    let pair = ECDSA_SIG_new()
    defer { ECDSA_SIG_free(pair) }
    ECDSA_SIG_set0(
      pair, BN_bin2bn(bytes, size, nil), BN_bin2bn(bytes + Self.p256Count, size, nil))
    var der: UnsafeMutablePointer<UInt8>?
    let count = i2d_ECDSA_SIG(pair, &der)
    defer { CRYPTO_free(der, #fileID, #line) }
    guard count > 0 else { return false }
    return verify(
      UnsafeRawBufferPointer(start: der, count: Int(count)), of: message, digest: EVP_sha256())
  }
}
