import Domain
import TestSupport
import Testing

@testable import API

/// Whose address a request is counted under; the tests connect from 127.0.0.1.
@Suite struct ClientAddressTests {
  private static func trusting(
    _ networks: [String], _ field: ForwardedEntry.Field = .forwardedFor
  ) -> TrustedProxies {
    TrustedProxies(networks: networks.map { IPNetwork($0)! }, field: field)
  }

  /// Which of some requests are counted under the same address as the first of them.
  private func counted(
    _ proxies: TrustedProxies, _ requests: [[(String, String)]]
  ) async throws -> [Bool] {
    try await withRatedAPI {
      $0.add("address", .address, 1)
      $0.proxies = proxies
    } _: { api, _ in
      var statuses: [Int] = []
      for headers in requests {
        statuses.append(try await api.ask("GET", "/v1/open/x", headers: headers).status)
      }
      return statuses.map { $0 == 429 }
    }
  }

  private static let field = "X-Forwarded-For"

  @Test func `without trusted proxies nobody's word is taken`() async throws {
    let same = try await counted(
      Self.trusting([]),
      [
        [], [(Self.field, "192.0.2.1")], [(Self.field, "192.0.2.2")],
        [("Forwarded", "for=192.0.2.3")],
      ])
    #expect(same == [false, true, true, true])
    let others = try await counted(
      Self.trusting(["10.0.0.0/8"]), [[(Self.field, "192.0.2.1")], [(Self.field, "192.0.2.2")]])
    #expect(others == [false, true])
  }

  @Test func `behind a proxy clients are told apart, and cannot pretend`() async throws {
    let same = try await counted(
      Self.trusting(["127.0.0.0/8", "10.0.0.0/8"]),
      [
        [(Self.field, "192.0.2.1")],
        [(Self.field, "192.0.2.2")],
        // What the client wrote itself stands left of what the proxy saw.
        [(Self.field, "198.51.100.9, 192.0.2.1")],
        [(Self.field, "198.51.100.9"), (Self.field, "192.0.2.1")],
        [(Self.field, "10.0.0.1, 127.0.0.1, 192.0.2.1")],
        [(Self.field, "198.51.100.7, 192.0.2.1, 10.1.1.1")],
        [(Self.field, "192.0.2.3, 10.1.1.1")],
        // The other field is not this proxy's.
        [(Self.field, "192.0.2.1"), ("Forwarded", "for=192.0.2.77")],
      ])
    #expect(same == [false, false, true, true, true, true, false, true])
  }

  @Test func `the field of RFC 7239 is read where it is configured`() async throws {
    let same = try await counted(
      Self.trusting(["127.0.0.1"], .forwarded),
      [
        [("Forwarded", "for=192.0.2.1;proto=https")],
        [("Forwarded", "for=\"[2001:db8::1]:4711\"")],
        [("Forwarded", "for=198.51.100.1, for=192.0.2.1"), (Self.field, "192.0.2.50")],
      ])
    #expect(same == [false, false, true])
  }

  @Test func `a client of IPv6 is its network`() async throws {
    let same = try await counted(
      Self.trusting(["127.0.0.1"]),
      ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"].map { [(Self.field, $0)] })
    #expect(same == [false, true, false])
  }

  @Test func `a chain that names no address ends at its proxy`() async throws {
    let same = try await counted(
      Self.trusting(["127.0.0.1"]),
      [
        [], [(Self.field, "unknown")], [(Self.field, "192.0.2.1, ")],
        [(Self.field, "not, an address")],
      ])
    #expect(same == [false, true, true, true])
  }
}
