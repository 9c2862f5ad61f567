internal import COpenSSL

extension EVPKey {
  /// Bytes of either half of an Ed25519 key.
  static let ed25519Count = 32

  /// An Ed25519 key from its raw halves (RFC 8032); nil if they are no key or do not belong together.
  static func ed25519(publicKey: [UInt8], privateKey: [UInt8]?) -> EVPKey? {
    guard publicKey.count == ed25519Count else { return nil }
    guard let privateKey else {
      guard
        let handle = EVP_PKEY_new_raw_public_key(NID_ED25519, nil, publicKey, publicKey.count)
      else {
        ERR_clear_error()
        return nil
      }
      return EVPKey(owning: handle, isPrivate: false)
    }
    guard let key = ed25519(privateKey: privateKey), key.ed25519PublicKey == publicKey else {
      return nil
    }
    return key
  }

  /// The key whose private half (the seed) is `privateKey`.
  static func ed25519(privateKey: [UInt8]) -> EVPKey? {
    guard privateKey.count == ed25519Count,
      let handle = EVP_PKEY_new_raw_private_key(NID_ED25519, nil, privateKey, privateKey.count)
    else {
      ERR_clear_error()
      return nil
    }
    return EVPKey(owning: handle, isPrivate: true)
  }

  /// The raw public half of an Ed25519 key.
  var ed25519PublicKey: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.ed25519Count)
    var count = bytes.count
    precondition(EVP_PKEY_get_raw_public_key(handle, &bytes, &count) == 1)
    return bytes
  }
}
