import Domain
import Postgres
import Services
import TestSupport
import Testing

@testable import API

@Suite struct CampaignRoutesTests {
  private static let path = "/v1/admin/campaigns"
  private static let marketing = "shop:mia:MARKETING_MANAGER"

  private func create(
    _ api: APIUnderTest<Node>, _ body: JSONValue = CampaignReaderTests.minimal,
    host: String = "shop.test", token: String = marketing
  ) async throws -> HTTPTestResponse {
    try await api.ask("POST", Self.path, host: host, token: token, body: body.jsonText)
  }

  @Test func `a campaign is created, read and changed`() async throws {
    try await withNode { api in
      let created = try await create(api, CampaignReaderTests.full)
      #expect(created.status == 201, "\(created.text)")
      let campaign = try #require(try created.json["data"])
      let id = try #require(campaign["campaign_id"]?.string)
      #expect(Identifier(id)?.version == 7)
      #expect(campaign["name"] == "봄 세일")
      #expect(campaign["opens_at"] == "2026-03-01T00:00:00.000Z")
      #expect(campaign["discount"] == CampaignReaderTests.full["discount"])
      #expect(campaign["rate_policy"] == CampaignReaderTests.full["rate_policy"])
      #expect(campaign["issued"] == 0)
      #expect(campaign["remaining"] == 1_000_000_000)
      #expect(campaign["cell"] == "shop.kr")

      let read = try await api.ask("GET", "\(Self.path)/\(id)", token: "shop:olga:APP_OPERATOR")
      #expect(read.status == 200)
      #expect(try read.json["data"] == campaign)

      let changed = try await api.ask(
        "PATCH", "\(Self.path)/\(id)", token: Self.marketing,
        body: #"{"name":"Later","closes_at":"2026-03-09T00:00:00Z","rate_policy":null}"#)
      #expect(changed.status == 200, "\(changed.text)")
      #expect(try changed.json["data"]?["name"] == "Later")
      #expect(try changed.json["data"]?["closes_at"] == "2026-03-09T00:00:00.000Z")
      #expect(try changed.json["data"]?["rate_policy"] == .null)
      #expect(try changed.json["data"]?["quantity"] == campaign["quantity"])
      #expect(try changed.json["data"]?["version"] == 2)
    }
  }

  @Test func `refusals of a change name the field`() async throws {
    try await withNode { api in
      let id = try #require(try await create(api).json["data"]?["campaign_id"]?.string)
      for (body, field) in [
        (#"{"quantity":99}"#, "quantity"), (#"{"quantity":"x"}"#, "quantity"), ("{}", "body"),
        (#"{"closes_at":"2026-02-01T00:00:00Z"}"#, "closes_at"),
        (#"{"expires_at":"2026-02-01T00:00:00Z"}"#, "expires_at"),
        (#"{"expires_at":"2026-03-01T00:00:00Z"}"#, "expires_at"),
        (#"{"discount":{"type":"amount","value":1}}"#, "discount.currency"),
      ] {
        let response = try await api.ask(
          "PATCH", "\(Self.path)/\(id)", token: Self.marketing, body: body)
        #expect(response.status == 400)
        #expect(response.field == field, "\(body)")
      }
      let bad = try await create(
        api, CampaignReaderTests.replacing("quantity", in: CampaignReaderTests.minimal, by: 0))
      #expect(bad.status == 400)
      #expect(bad.field == "quantity")
    }
  }

  @Test func `another tenant's campaign does not exist`() async throws {
    try await withNode { api in
      let id = try #require(try await create(api).json["data"]?["campaign_id"]?.string)
      let token = "other:eve:APP_ADMIN"
      for (method, path, body) in [
        ("GET", "/\(id)", nil), ("PATCH", "/\(id)", #"{"name":"x"}"#),
        ("GET", "/\(id)/issues", nil),
      ] as [(String, String, String?)] {
        let response = try await api.ask(
          method, Self.path + path, host: "other.test", token: token, body: body)
        #expect(response.status == 404, "\(method) \(path)")
        #expect(response.code == "NOT_FOUND")
      }
      let list = try await api.ask("GET", Self.path, host: "other.test", token: token)
      #expect(try list.json["data"] == [])
      for unknown in ["nonsense", "0195d2e0-0000-7000-8000-000000000000"] {
        let response = try await api.ask("GET", "\(Self.path)/\(unknown)", token: Self.marketing)
        #expect(response.status == 404)
      }
    }
  }

  @Test func `campaigns are listed in pages, newest first`() async throws {
    try await withNode { api in
      var ids: [String] = []
      for number in 0..<5 {
        let body = CampaignReaderTests.replacing(
          "name", in: CampaignReaderTests.minimal, by: "\(number)")
        ids.append(try #require(try await create(api, body).json["data"]?["campaign_id"]?.string))
      }
      #expect(try await pages(api, "\(Self.path)?limit=2", "campaign_id") == [2, 2, 1] as [Int])
      let all = try await api.ask("GET", Self.path, token: Self.marketing)
      let listed = try all.json["data"]?.array?.compactMap { $0["campaign_id"]?.string }
      #expect(listed == ids.reversed())
      #expect(try all.json["next_cursor"] == .null)
      for query in ["limit=0", "limit=x", "cursor=zzz"] {
        let response = try await api.ask("GET", "\(Self.path)?\(query)", token: Self.marketing)
        #expect(response.status == 400)
        #expect(response.field == query.split(separator: "=").first.map(String.init))
      }
    }
  }

  @Test func `issued coupons are listed in order of issue`() async throws {
    try await withNode { api in
      let id = try #require(try await create(api).json["data"]?["campaign_id"]?.string)
      let insert = Statement(
        "test_coupons",
        """
        insert into spillway.coupons
          (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id, issued_at)
        select 'shop', $1::text::uuid, n, 'user' || n, 1, gen_random_uuid(), now()
        from generate_series(1, 5) n
        """)
      _ = try await api.services.database.query(insert, [.text(id)])
      let path = "\(Self.path)/\(id)/issues"
      #expect(try await pages(api, "\(path)?limit=2", "sequence") == [2, 2, 1] as [Int])
      let first = try await api.ask("GET", "\(path)?limit=1", token: Self.marketing)
      let coupon = try first.json["data"]?.array?.first
      #expect(coupon?["sequence"] == 1)
      #expect(coupon?["user_id"] == "user1")
      #expect(coupon?["status"] == "ISSUED")
      #expect(try first.json["next_cursor"] == "1")
      #expect(
        Set(coupon!.object!.names)
          == Set(CampaignSchema.coupon.definition["properties"]!.object!.names))
    }
  }

  /// The sizes of all pages, whose elements must differ.
  private func pages(
    _ api: APIUnderTest<Node>, _ path: String, _ key: String
  ) async throws -> [Int] {
    var sizes: [Int] = []
    var seen: [JSONValue] = []
    var cursor: String? = nil
    repeat {
      let target = path + (cursor.map { "&cursor=\($0)" } ?? "")
      let response = try await api.ask("GET", target, token: Self.marketing)
      let elements = try #require(try response.json["data"]?.array)
      for element in elements {
        let value = try #require(element[key])
        #expect(!seen.contains(value))
        seen.append(value)
      }
      sizes.append(elements.count)
      cursor = try response.json["next_cursor"]?.string
    } while cursor != nil
    return sizes
  }
}
