internal import COpenSSL
public import Domain

extension VisitorID {
  /// The visitor that a user of a tenant is: the same in each of its rooms, and nobody reads the user
  /// from it.
  public static func user(_ user: UserID, of tenant: TenantID) -> VisitorID {
    let name = Array("spillway visitor\n\(tenant)\n\(user)".utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = COpenSSL.SHA256(name, name.count, &digest)
    let named = digest.withUnsafeBytes {
      VisitorID(binary: UnsafeRawBufferPointer(rebasing: $0[..<byteCount]))!
    }
    return VisitorID(high: named.high, low: named.low & ~1)
  }

  /// A new guest.
  public static func guest(using random: inout SecureRandom) -> VisitorID {
    VisitorID(high: random.next(), low: random.next() | 1)
  }
}
