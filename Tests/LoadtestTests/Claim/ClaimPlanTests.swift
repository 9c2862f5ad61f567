import Testing

@testable import spillway_loadtest

@Suite struct ClaimPlanTests {
  @Test(arguments: [(1, 0), (1, 5), (10, 0), (100, 5), (7, 50), (1000, 1000), (20_000, 1000)])
  func `every user claims, and repeats come after the user's first`(users: Int, repeats: Int) {
    let plan = ClaimPlan(users: users, repeats: repeats)
    var claims = Array(repeating: 0, count: users)
    var next = 0
    for number in 0..<plan.requests {
      let user = plan.user(of: number)
      if claims[user] == 0 {
        #expect(user == next)
        next += 1
      }
      claims[user] += 1
    }
    #expect(next == users)
    #expect(claims.reduce(0, +) == users + repeats)
  }
}
