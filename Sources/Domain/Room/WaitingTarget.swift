/// Where a visitor goes on to when it is admitted.
///
/// Text that browsers read in surprising ways is no target: a waiting room must not send people to
/// wherever a link says (CWE-601).
public struct WaitingTarget: Sendable, Hashable, CustomStringConvertible {
  /// Bytes that a target may have.
  public static let maximumCount = 2048

  public let text: String

  /// A path of the same origin, as anybody may name it: `/sale?item=1`.
  ///
  /// Nil for anything else: another scheme or host (`//evil.test`, `/\evil.test`), characters that no
  /// URI has (browsers drop tabs and line ends), and waiting pages, which would go round in circles.
  public init?(path: String) {
    guard Self.isPlain(path), path.hasPrefix("/"), !path.hasPrefix("//"),
      !path.hasPrefix("/waiting/")
    else { return nil }
    text = path
  }

  /// What an operator configures: such a path, or an `https` or `http` URL without user information.
  public init?(configured text: String) {
    if let path = WaitingTarget(path: text) {
      self = path
      return
    }
    let lowered = text.lowercased()
    guard Self.isPlain(text),
      let scheme = ["https://", "http://"].first(where: lowered.hasPrefix)
    else { return nil }
    let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    guard let first = authority.first, first != ":", !authority.contains("@") else { return nil }
    self.text = text
  }

  /// Visible ASCII characters without those that stand nowhere in a URI (RFC 3986, appendix A).
  private static func isPlain(_ text: String) -> Bool {
    (1...maximumCount).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !#""<>\^`{|}"#.utf8.contains($0) }
  }

  public var description: String { text }
}
