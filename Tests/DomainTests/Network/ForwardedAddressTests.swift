import Domain
import Testing

@Suite struct ForwardedAddressTests {
  private static let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map { IPNetwork($0)! }

  /// Who is found to be the client when `peer` calls with `value` in `field`.
  private func client(
    _ peer: String, _ value: String, _ field: ForwardedEntry.Field = .forwardedFor,
    trusted: [IPNetwork] = Self.trusted
  ) throws -> String {
    var chain = ForwardedAddress(peer: try #require(IPAddress(peer)), trusted: trusted)
    let elements = value.split(separator: ",", omittingEmptySubsequences: false)
    for element in elements.reversed() where !chain.isFinal {
      var text = String(element)
      chain.take(text.withUTF8 { ForwardedEntry.address(UnsafeRawBufferPointer($0), of: field) })
    }
    return "\(chain.address)"
  }

  @Test func `only what a trusted proxy wrote is believed`() throws {
    #expect(try client("10.0.0.1", "192.0.2.7") == "192.0.2.7")
    // A client that calls us itself may write what it wants.
    #expect(try client("192.0.2.9", "198.51.100.1") == "192.0.2.9")
    #expect(try client("10.0.0.1", "192.0.2.7", trusted: []) == "10.0.0.1")
  }

  @Test func `it is the right-most address that is no proxy`() throws {
    // The client wrote the left one itself.
    #expect(try client("10.0.0.1", "198.51.100.1, 192.0.2.7") == "192.0.2.7")
    #expect(try client("10.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.2") == "192.0.2.7")
    #expect(try client("10.0.0.1", "10.0.0.9, 192.0.2.7") == "192.0.2.7")
    #expect(try client("2001:db8:1::1", "2001:db8:2::7, 10.0.0.3") == "2001:db8:2::7")
  }

  @Test func `when all are proxies it is the first of them`() throws {
    #expect(try client("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3")
  }

  @Test(arguments: [
    "unknown", "", " ", "_hidden", "192.0.2.7.8", "localhost", "\"192.0.2.7", "192.0.2.7:port",
  ]) func `an entry without an address ends the chain at its proxy`(entry: String) throws {
    #expect(try client("10.0.0.1", "192.0.2.7, \(entry)") == "10.0.0.1")
    #expect(try client("10.0.0.1", "192.0.2.7, \(entry), 10.0.0.2") == "10.0.0.2")
  }

  @Test func `ports and brackets are read`() throws {
    #expect(try client("10.0.0.1", "192.0.2.7:4711") == "192.0.2.7")
    #expect(try client("10.0.0.1", "[2001:db8:2::7]:4711") == "2001:db8:2::7")
    #expect(try client("10.0.0.1", "[2001:db8:2::7]") == "2001:db8:2::7")
    #expect(try client("10.0.0.1", "[192.0.2.7]") == "10.0.0.1")
    #expect(try client("10.0.0.1", "[2001:db8:2::7]x") == "10.0.0.1")
  }

  @Test func `the field of RFC 7239 is read`() throws {
    let cases = [
      ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
      ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
      ("for=198.51.100.1, proto=https;for=\"192.0.2.43:1\"", "192.0.2.43"),
      ("for=192.0.2.43, for=unknown", "10.0.0.1"),
      ("for=192.0.2.43, for=_gazonk", "10.0.0.1"),
      ("for=192.0.2.43;for=192.0.2.44", "10.0.0.1"),
      ("by=192.0.2.43", "10.0.0.1"),
    ]
    for (value, expected) in cases {
      #expect(try client("10.0.0.1", value, .forwarded) == expected, "\(value)")
    }
  }
}
