import Embedded
import Foundation
import TestSupport
import Testing

/// `serve` and `reconcile` against servers that somebody else runs.
@Suite struct ServeTests {
  @Test func `servers that are away are waited for, and their loss is survived`() async throws {
    try await withCluster { cluster in
      await cluster.redis.stop()
      await cluster.postgres.stop()
      try await withSpillway(["reconcile"], environment: cluster.environment) { reconciler in
        try await cluster.serve { program, site in
          let tokens = try await cluster.tokens("patient-", count: 4)
          try await checkWaiting(cluster, program, site, token: tokens[0])
          let admin = try await cluster.administrator()
          let campaign = try await site.createCampaign(
            quantity: 10, acknowledge: "ledger", token: admin)
          try await checkLossOfRedis(cluster, site, tokens: tokens)
          try await checkLossOfPostgres(cluster, site, campaign, admin: admin, tokens: tokens)
          try await checkEnd(program, reconciler, secrets: tokens + [admin])
        }
      }
    }
  }

  private func checkWaiting(
    _ cluster: Cluster, _ program: RunningProgram, _ site: Site, token: String
  ) async throws {
    #expect(try await site.request("GET", "/healthz").status == 200)
    let readiness = try await site.request("GET", "/readyz")
    #expect(readiness.status == 503)
    #expect(readiness.headers["retry-after"] != nil)
    #expect(readiness.reasons.contains { $0.hasPrefix("redis at ") })
    #expect(readiness.reasons.contains { $0.hasPrefix("postgres") })
    let early = try await site.claim(token: token)
    #expect(early.status == 503)
    #expect(early.errorCode == "INTERNAL_RETRYABLE")
    #expect(early.headers["retry-after"] != nil)
    for name in ["redis", "postgres"] {
      try await eventually("the line that waits for \(name)") {
        program.logLines.contains {
          $0["message"] as? String == "waiting" && ($0["for"] as? String)?.hasPrefix(name) == true
        }
      }
    }
    #expect(program.output == "")
    try await cluster.postgres.start()
    try await eventually("Postgres to be found") {
      try await site.request("GET", "/readyz").reasons.allSatisfy { !$0.hasPrefix("postgres") }
    }
    try await cluster.redis.start()
    _ = try await program.ready()
    #expect(try await site.request("GET", "/readyz").status == 200)
    #expect(try await site.claim(token: token).status == 201)
  }

  private func checkLossOfRedis(
    _ cluster: Cluster, _ site: Site, tokens: [String]
  ) async throws {
    cluster.redis.kill()
    try await eventually("the refusal") { try await site.claim(token: tokens[0]).status == 503 }
    let refused = try await promptly { try await site.claim(token: tokens[1]) }
    #expect(refused.errorCode == "INTERNAL_RETRYABLE")
    #expect(refused.headers["retry-after"] != nil)
    let readiness = try await site.request("GET", "/readyz")
    #expect(readiness.status == 503)
    #expect(readiness.reasons.contains { $0.hasPrefix("redis at ") })
    try await cluster.redis.start()
    try await eventually("a claim") { try await site.claim(token: tokens[1]).status == 201 }
    #expect(try await site.claim(token: tokens[0]).status == 200)
  }

  private func checkLossOfPostgres(
    _ cluster: Cluster, _ site: Site, _ campaign: String, admin: String, tokens: [String]
  ) async throws {
    try await eventually("the campaign in its cell") {
      try await site.claim(campaign, token: tokens[0]).status < 300
    }
    cluster.postgres.kill(signal: SIGQUIT)
    try await eventually("the loss to be seen") {
      try await site.request("GET", "/readyz").reasons.contains { $0.hasPrefix("postgres") }
    }
    let campaigns = try await promptly {
      try await site.request("GET", "/v1/admin/campaigns", token: admin)
    }
    #expect(campaigns.status == 503)
    #expect(campaigns.headers["retry-after"] != nil)
    // What Redis alone decides goes on; what the ledger has to confirm does not.
    #expect(try await site.claim(token: tokens[2]).status == 201)
    let unconfirmed = try await promptly { try await site.claim(campaign, token: tokens[1]) }
    #expect(unconfirmed.status == 503)
    #expect(unconfirmed.headers["retry-after"] != nil)
    try await cluster.postgres.start()
    let held = try await eventually("the coupon, once the ledger has it") {
      let response = try await site.claim(campaign, token: tokens[1])
      return response.status == 200 ? response : nil
    }
    #expect(held.data?["acknowledged"] as? String == "ledger")
    try await eventually("readiness") {
      try await site.request("GET", "/readyz").status == 200
    }
    try await eventually("all rows") {
      try await cluster.sql("SELECT count(*) FROM spillway.coupons") == "5"
    }
  }

  /// No request may take longer than its deadline of five seconds, and a little.
  private func promptly(
    _ request: () async throws -> HTTPTestResponse
  ) async throws -> HTTPTestResponse {
    let stopwatch = Stopwatch()
    let response = try await request()
    #expect(stopwatch.elapsed < .seconds(7))
    return response
  }

  private func checkEnd(
    _ program: RunningProgram, _ reconciler: RunningProgram, secrets: [String]
  ) async throws {
    #expect(try await program.stop() == .exited(0))
    #expect(try await reconciler.stop(SIGINT) == .exited(0))
    for log in [program.log, reconciler.log] {
      #expect(!log.contains("hush"))
      for secret in secrets { #expect(!log.contains(secret.split(separator: ".")[2])) }
    }
    let lines = program.log.split(separator: "\n")
    #expect(lines.count == program.logLines.count)
    // One for each request that failed, which this test repeats; beside them a few for each fault: neither
    // probes nor attempts to connect fill the log.
    let failures = program.logLines.count { $0["message"] as? String == "request failed" }
    #expect(lines.count - failures < 60)
  }

  @Test func `four processes together issue exactly the quantity`() async throws {
    try await withCluster { cluster in
      try await withSpillway(["reconcile"], environment: cluster.environment) { _ in
        try await cluster.serve { first, one in
          try await cluster.serve { second, two in
            try await cluster.serve { third, three in
              try await cluster.serve { fourth, four in
                for program in [first, second, third, fourth] { _ = try await program.ready() }
                try await sell(cluster, through: [one, two, three, four])
              }
            }
          }
        }
      }
    }
  }

  private func sell(_ cluster: Cluster, through sites: [Site]) async throws {
    let (quantity, users, crowds) = (150, 400, 12)
    let admin = try await cluster.administrator()
    let tokens = try await cluster.tokens("crowd-", count: users)
    let campaign = try await sites[0].createCampaign(quantity: quantity, token: admin)
    try await eventually("the campaign in its cell") {
      try await sites[3].claim(campaign, token: tokens[0]).status < 300
    }
    // Each crowd has a connection to one of the processes, and every user is in three crowds.
    let answers = try await withThrowingTaskGroup { group in
      for crowd in 0..<crowds {
        let members = tokens.indices.filter { ($0 + crowd) % 4 == 0 }.map { tokens[$0] }
        group.addTask {
          try await sites[crowd % 4].requests(
            "POST", "/v1/campaigns/\(campaign)/coupons",
            tokens: crowd < 4 ? members : members.reversed())
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(answers.count == users * crowds / 4)
    #expect(Set(answers.map(\.status)) == [200, 201, 410])
    let issued = answers.filter { $0.status == 201 }.compactMap { $0.data?["sequence"] as? Int }
    // The first coupon went to the user who looked whether the campaign had come.
    #expect(issued.sorted() == Array(2...quantity))
    try await eventually("all rows") {
      try await cluster.sql(
        "SELECT count(*), count(DISTINCT user_id), min(sequence), max(sequence) "
          + "FROM spillway.coupons WHERE campaign_id = '\(campaign)'")
        == "\(quantity)|\(quantity)|1|\(quantity)"
    }
    let audit = try await spillway("audit", environment: cluster.environment)
    #expect(audit.status == .exited(0), "\(audit.output)\(audit.errors)")
  }

  @Test func `a new signing key is taken beside the old one, until that is gone`() async throws {
    try await withCluster { cluster in
      let (old, both, new) = (
        cluster.keys, try TokenKeys.file("b", "a"), try TokenKeys.file("b")
      )
      let oldToken = try await cluster.token(["--user", "turning"], keys: old)
      // The first key of a file is the one that signs.
      let newToken = try await cluster.token(["--user", "turning"], keys: both)
      for (keys, oldStatus, newStatus) in [(old, 403, 401), (both, 403, 403), (new, 401, 403)] {
        try await cluster.serve(["--token-keys", keys]) { _, site in
          try await eventually("the tenants") {
            try await site.request("GET", "/v1/admin/cells", token: oldToken).status != 503
          }
          for (token, status) in [(oldToken, oldStatus), (newToken, newStatus)] {
            let response = try await site.request("GET", "/v1/admin/cells", token: token)
            #expect(response.status == status)
          }
        }
      }
    }
  }

  @Test func `a taken port is refused in one line`() async throws {
    let port = try await SharedInstance.get().site.port
    let result = try await spillway(
      "serve", "--port", "\(port)", "--redis-url", "unix:///nowhere", "--database-url",
      "postgresql:///x?host=/nowhere", "--token-keys", try TokenKeys.file("a"))
    #expect(result.status == .exited(1))
    #expect(
      result.errors == "spillway: serve: cannot listen on 127.0.0.1:\(port): "
        + "address already in use (EADDRINUSE)\n")
  }
}
