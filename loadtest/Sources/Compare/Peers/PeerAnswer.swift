internal import Foundation

/// What a contender answered to a claim, in whatever form it answers.
enum PeerAnswer: Equatable, Sendable {
  case issued(sequence: Int)
  /// The user held it before.
  case held(sequence: Int)
  case soldOut
  /// Anything else, as it came.
  case other(String)

  /// Reads the two numbers that the plain claim returns.
  init(outcome: Int, sequence: Int) {
    switch (outcome, sequence) {
    case (1, 1...): self = .issued(sequence: sequence)
    case (2, 1...): self = .held(sequence: sequence)
    case (0, _): self = .soldOut
    default: self = .other("\(outcome), \(sequence)")
    }
  }

  /// Reads an answer in the form that Spillway and the peers with routes of their own share.
  init(status: Int, body: String) {
    struct Issued: Decodable {
      struct Coupon: Decodable {
        let sequence: Int
        let status: String
      }
      let data: Coupon
    }
    struct Refused: Decodable {
      struct Reason: Decodable { let code: String }
      let error: Reason
    }
    let data = Data(body.utf8)
    let coupon = (try? JSONDecoder().decode(Issued.self, from: data))?.data
    let reason = (try? JSONDecoder().decode(Refused.self, from: data))?.error.code
    switch (status, coupon?.status, reason) {
    case (201, "ISSUED", nil): self = .issued(sequence: coupon?.sequence ?? 0)
    case (200, "ISSUED", nil): self = .held(sequence: coupon?.sequence ?? 0)
    case (410, nil, "SOLD_OUT"): self = .soldOut
    default: self = .other("\(status): \(body)")
    }
  }

  /// Reads webdis' answer to EVALSHA.
  init(webdis body: String) {
    struct Reply: Decodable { let EVALSHA: [Int] }
    let reply = try? JSONDecoder().decode(Reply.self, from: Data(body.utf8))
    guard let numbers = reply?.EVALSHA, numbers.count == 2 else {
      self = .other(body)
      return
    }
    self.init(outcome: numbers[0], sequence: numbers[1])
  }
}
