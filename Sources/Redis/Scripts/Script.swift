/// A Lua script that Redis runs, named by the digest of its source.
public struct Script: Sendable {
  /// For logs and metrics.
  public let name: String
  public let source: [UInt8]
  /// Forty hexadecimal digits, as `SCRIPT LOAD` answers them.
  public let sha1: String
  /// The first two arguments of a call, `EVALSHA` and the digest, in RESP2.
  let call: [UInt8]

  public init(name: String, source: [UInt8]) {
    self.name = name
    self.source = source
    sha1 = SHA1.hexadecimal(source)
    call = Array("$7\r\nEVALSHA\r\n$40\r\n\(sha1)\r\n".utf8)
  }

  public init(name: String, source: String) {
    self.init(name: name, source: Array(source.utf8))
  }
}
