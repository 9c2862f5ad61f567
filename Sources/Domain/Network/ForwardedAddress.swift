/// Finds out whose request came through proxies.
///
/// Each proxy appends the address that it was called from. So the chain is true from its right end up to
/// the first address that is no trusted proxy: that is the client. What stands left of it was written by
/// the client itself, or by machines that nobody vouches for.
public struct ForwardedAddress: Sendable {
  private let trusted: [IPNetwork]
  private var found: IPAddress
  private var isDone = false

  /// - Parameters:
  ///   - peer: who called us.
  ///   - trusted: the proxies.
  public init(peer: IPAddress, trusted: [IPNetwork]) {
    self.trusted = trusted
    found = peer
    isDone = !trusted.contains { $0.contains(peer) }
  }

  /// The client's address as far as is known.
  public var address: IPAddress { found }

  /// True once nothing further left would be believed.
  public var isFinal: Bool { isDone }

  /// Takes the next entry from the right; nil for one that names no address. The chain ends there: its
  /// proxy is the last that is known.
  public mutating func take(_ entry: IPAddress?) {
    guard !isDone else { return }
    guard let entry else {
      isDone = true
      return
    }
    found = entry
    isDone = !trusted.contains { $0.contains(entry) }
  }
}
