import EventLoop
import Foundation
import TestSupport

/// A running API, reached through real sockets.
struct Site: Sendable {
  let host: String
  let port: Int

  private static let loop = EventLoop.start(name: "client")

  init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `http://127.0.0.1:8080`.
  init?(url: String) {
    guard let components = URLComponents(string: url), let host = components.host,
      let port = components.port
    else { return nil }
    self.init(host: host, port: port)
  }

  /// One request on a connection of its own.
  func request(
    _ method: String, _ target: String, token: String? = nil, host: String? = nil,
    headers: [(String, String)] = [], body: String? = nil
  ) async throws -> HTTPTestResponse {
    let all = fields(token: token, host: host, body: body) + headers
    return try await Self.loop.submit {
      let client = try await HTTPTestClient.connect(
        to: .tcp(host: self.host, port: port), on: Self.loop)
      defer { client.close() }
      client.send(method, target, headers: all, body: body)
      return try await client.response()
    }
  }

  /// The same request once for each token, one after the other on one connection.
  func requests(
    _ method: String, _ target: String, tokens: [String]
  ) async throws -> [HTTPTestResponse] {
    try await Self.loop.submit {
      let client = try await HTTPTestClient.connect(
        to: .tcp(host: self.host, port: port), on: Self.loop)
      defer { client.close() }
      var responses: [HTTPTestResponse] = []
      for token in tokens {
        client.send(method, target, headers: fields(token: token, host: nil, body: nil), body: "")
        responses.append(try await client.response())
      }
      return responses
    }
  }

  private func fields(token: String?, host: String?, body: String?) -> [(String, String)] {
    var fields = [("Host", host ?? "\(self.host):\(port)")]
    if let token { fields.append(("Authorization", "Bearer \(token)")) }
    if let body, !body.isEmpty { fields.append(("Content-Type", "application/json")) }
    return fields
  }

  /// Claims a coupon.
  func claim(
    _ campaign: String = demoCampaign, token: String?, host: String? = nil,
    headers: [(String, String)] = []
  ) async throws -> HTTPTestResponse {
    try await request(
      "POST", "/v1/campaigns/\(campaign)/coupons", token: token, host: host, headers: headers,
      body: "")
  }

  /// Creates a campaign that is open, and returns its id.
  func createCampaign(
    quantity: Int, perUserLimit: Int = 1, acknowledge: String = "hot", token: String,
    host: String? = nil
  ) async throws -> String {
    let body = """
      {"name":"A test","quantity":\(quantity),"per_user_limit":\(perUserLimit),
      "opens_at":"2020-01-01T00:00:00Z","closes_at":"2100-01-01T00:00:00Z",
      "discount":{"type":"rate","value":0.1},"acknowledge":"\(acknowledge)"}
      """
    let response = try await request(
      "POST", "/v1/admin/campaigns", token: token, host: host, body: body)
    guard response.status == 201, let id = response.data?["campaign_id"] as? String else {
      throw RunningProgram.ProgramFailed("no campaign: \(response.status) \(response.text)")
    }
    return id
  }
}

/// The campaign that `--demo` brings.
let demoCampaign = "01900000-0000-7000-8000-000000000001"

extension HTTPTestResponse {
  /// The body as an object; empty if it is none.
  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
  }

  var data: [String: Any]? { json["data"] as? [String: Any] }

  /// The code of the error envelope.
  var errorCode: String? { (json["error"] as? [String: Any])?["code"] as? String }

  var reasons: [String] { json["waiting_for"] as? [String] ?? [] }
}
