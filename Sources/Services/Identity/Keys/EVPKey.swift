internal import COpenSSL

/// A public key of OpenSSL, with its private half or without.
///
/// `@unchecked Sendable`: OpenSSL allows a key to be used by several threads at once; each use here
/// has a context of its own.
final class EVPKey: @unchecked Sendable {
  let handle: OpaquePointer
  let isPrivate: Bool

  /// Takes the key over.
  init(owning handle: OpaquePointer, isPrivate: Bool) {
    self.handle = handle
    self.isPrivate = isPrivate
  }

  deinit { EVP_PKEY_free(handle) }

  /// Signs in one step with `digest`; nil for Ed25519, which has its own.
  func sign(_ message: UnsafeRawBufferPointer, digest: OpaquePointer?) -> [UInt8] {
    precondition(isPrivate, "a public key cannot sign")
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    let bytes = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var count = 0
    var signature: [UInt8] = []
    var done = EVP_DigestSignInit(context, nil, digest, nil, handle) == 1
    done = done && EVP_DigestSign(context, nil, &count, bytes, message.count) == 1
    signature = [UInt8](repeating: 0, count: count)
    done = done && EVP_DigestSign(context, &signature, &count, bytes, message.count) == 1
    precondition(done, "OpenSSL refused to sign with a key that it had checked")
    return Array(signature.prefix(count))
  }

  func verify(
    _ signature: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer, digest: OpaquePointer?
  ) -> Bool {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    let valid =
      EVP_DigestVerifyInit(context, nil, digest, nil, handle) == 1
      && EVP_DigestVerify(
        context, signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count,
        message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count) == 1
    // What is left in the thread's queue would be taken for an error of its next TLS call.
    if !valid { ERR_clear_error() }
    return valid
  }
}
