import Foundation
import TestSupport

/// Files with keys for access tokens, as RFC 7517 has them.
enum TokenKeys {
  /// A file with a secret key of each name, the first of which signs.
  static func file(_ names: String...) throws -> String {
    let path = "\(TestFolder.make("keys"))/keys.json"
    try write(names, to: path)
    return path
  }

  static func write(_ names: [String], to path: String) throws {
    let keys = names.map { name in
      let secret = Data(repeating: name.utf8.first!, count: 32).base64EncodedString()
        .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
      return #"{"kty":"oct","kid":"\#(name)","alg":"HS256","k":"\#(secret)"}"#
    }
    try #"{"keys":[\#(keys.joined(separator: ","))]}"#.write(
      toFile: path, atomically: true, encoding: .utf8)
    // Secrets that every user may read are refused.
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }
}
