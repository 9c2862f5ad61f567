import EventLoop
import TestSupport

@testable import API
@testable import Domain

/// Values of header fields, and the texts of ids, times and addresses wherever they stand.
final class FieldSurface: Surface {
  static let name = "field"
  static let maximumCount = 512
  static let words = [
    "192.0.2.60", "[2001:db8::1]:4711", "::ffff:192.0.2.1", "::", ":", "for=", "for=\"", "\"", ";",
    ",",
    "proto=https", "by=_a", "unknown", "fe80::1%eth0", "shop.example.com", ".", ":443", ":65536",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "-",
    "00000000000000000000000000000000", "ff-",
    "ko-KR,ko;q=0.9,en;q=0.8", "*;q=0.", ";q=1.001", "q=", "2026-01-31T09:00:00Z",
    "2024-02-29T23:59:60Z",
    "+09:00", "-23:59", ".999", ".9999999999", "0000-", "9999-12-31T23:59:59.999Z", "t", "z",
    "0190f5a0-0000-7000-8000-000000000000", "KRW", "points:", "https://a/b", "//a", "/\\a",
    "/a?b#c",
  ]

  private let proxies = [IPNetwork("10.0.0.0/8")!, IPNetwork("::1/128")!]

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let text = String(decoding: input, as: UTF8.self)
    var outcome = try addresses(text, input)
    if let instant = Instant(text) {
      try Breach.unless(Instant(instant.description) == instant, "\(instant) is not read again")
      outcome += " instant"
    }
    if let unit = WalletUnit(text) {
      try Breach.unless(WalletUnit(unit.description) == unit, "\(unit) is not read again")
      outcome += " unit"
    }
    if let target = WaitingTarget(configured: text) {
      try Breach.unless(
        WaitingTarget(configured: target.description)?.description == target.description,
        "\(target) is not read again")
      outcome += " target"
    }
    if let key = IdempotencyKey(text) {
      try Breach.unless(key.description == text, "a key is read from another text")
    }
    input.withUnsafeBytes { bytes in
      outcome += " \(Language(acceptLanguage: bytes))"
      if RequestID.isTaken(bytes) { outcome += " request" }
      if let trace = TraceContext(bytes) { outcome += " trace \(trace.isSampled)" }
    }
    return outcome
  }

  private func addresses(_ text: String, _ input: [UInt8]) throws(Breach) -> String {
    var outcome = ""
    if let address = IPAddress(text) {
      try Breach.unless(
        IPAddress(address.description) == address, "\(address) is not read again")
      outcome += "address"
    }
    if let host = Host(text) {
      try Breach.unless(Host(host.description) == host, "\(host) is not read again")
      outcome += " host"
    }
    for field in ForwardedEntry.Field.allCases {
      let address = input.withUnsafeBytes { ForwardedEntry.address($0, of: field) }
      var chain = ForwardedAddress(peer: IPAddress("10.0.0.1")!, trusted: proxies)
      chain.take(address)
      try Breach.unless(
        chain.address == (address ?? IPAddress("10.0.0.1")!), "the chain leads elsewhere")
      if address != nil { outcome += " \(field)" }
    }
    return outcome
  }
}
