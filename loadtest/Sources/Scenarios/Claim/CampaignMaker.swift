internal import Domain
internal import Foundation

/// Creates campaigns through the operator's API.
struct CampaignMaker {
  let client: HTTPClient
  /// A token that may create campaigns.
  let token: String

  /// How long a campaign made for a run stays open.
  static let openFor: Duration = .seconds(3600)

  /// Creates a campaign that is open now.
  ///
  /// - Parameters:
  ///   - ratePerSecond: of all claims together; nil for no policy.
  ///   - room: the waiting room before it; nil for none.
  /// - Throws: `ScenarioError` with the server's answer when it is not 201.
  func make(
    quantity: Int, acknowledge: String, perUserLimit: Int = 1, ratePerSecond: Int? = nil,
    room: Identifier? = nil
  ) async throws(ScenarioError) -> Identifier {
    let body = Self.body(
      quantity: quantity, acknowledge: acknowledge, perUserLimit: perUserLimit,
      ratePerSecond: ratePerSecond, room: room)
    let answer: HTTPClient.Answer
    do throws(ClientFailure) {
      answer = try await client.request(
        "POST", "/v1/admin/campaigns", headers: [("Authorization", "Bearer \(token)")], body: body)
    } catch {
      throw ScenarioError("cannot create a campaign: \(error)")
    }
    struct Created: Decodable {
      struct Campaign: Decodable { let campaign_id: String }
      let data: Campaign
    }
    guard answer.status == 201,
      let created = try? JSONDecoder().decode(Created.self, from: Data(answer.body.utf8)),
      let identifier = Identifier(created.data.campaign_id)
    else {
      throw ScenarioError("creating a campaign", brought: answer)
    }
    return identifier
  }

  /// What is sent to make a campaign that is open now.
  static func body(
    quantity: Int, acknowledge: String, perUserLimit: Int = 1, ratePerSecond: Int? = nil,
    room: Identifier? = nil
  ) -> String {
    let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let policy = ratePerSecond.map {
      #","rate_policy":{"limit":\#($0),"window_seconds":1,"scope":"campaign"}"#
    }
    return """
      {"name":"Load test","quantity":\(quantity),"per_user_limit":\(perUserLimit),\
      "opens_at":"\(now - .seconds(60))","closes_at":"\(now + Self.openFor)",\
      "discount":{"type":"amount","value":1000,"currency":"KRW"},"acknowledge":"\(acknowledge)"\
      \(policy ?? "")\(room.map { #","room_id":"\#($0)""# } ?? "")}
      """
  }
}
