import TestSupport
import Testing

@Suite struct TokenTests {
  @Test func `count prints the tokens of U1 to UN`() async throws {
    let instance = try await SharedInstance.get()
    let tokens = try await instance.tokens("many-", count: 700)
    #expect(tokens.count == 700)
    #expect(Set(tokens).count == 700)
    let responses = try await instance.site.requests(
      "POST", "/v1/campaigns/\(demoCampaign)/coupons", tokens: [tokens[0], tokens[699]])
    #expect(responses.map(\.status) == [201, 201])
    try await eventually("both users' rows") {
      try await instance.sql(
        "SELECT string_agg(user_id, ' ' ORDER BY user_id) FROM spillway.coupons "
          + "WHERE user_id LIKE 'many-%'") == "many-1 many-700"
    }
  }

  @Test func `tokens are made in development mode only`() async throws {
    let instance = try await SharedInstance.get()
    let keys = try TokenKeys.file("a")
    let refusal =
      "spillway: token: tokens are made in development mode only: set SPILLWAY_MODE=development\n"
    for (arguments, mode) in [
      (["--data", instance.folder], "production"), (["--data", instance.folder], "prod"),
      (["--token-keys", keys], ""), (["--token-keys", keys], "production"),
      (["--token-keys", keys, "--mode", "production"], "development"),
    ] {
      let result = try await spillway(
        ["token", "--user", "u"] + arguments, environment: ["SPILLWAY_MODE": mode])
      #expect(result.status == .exited(2))
      #expect(result.errors == refusal)
      #expect(result.output == "")
    }
    let made = try await spillway(
      "token", "--user", "u", "--token-keys", keys, "--mode", "development")
    #expect(made.status == .exited(0))
    #expect(made.output.split(separator: ".").count == 3)
  }

  @Test func `a folder without a key is told in one line`() async throws {
    let folder = TestFolder.make("keyless")
    let result = try await spillway("token", "--user", "u", "--data", folder)
    #expect(result.status == .exited(2))
    #expect(
      result.errors.hasPrefix("spillway: token: no development key: start 'spillway up' first"))
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}
