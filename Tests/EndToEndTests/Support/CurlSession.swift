import Foundation
import TestSupport

/// What the `curl` commands of a script asked for, and what they were answered.
struct CurlSession: Sendable {
  private struct Exchange: Sendable {
    /// Method and target.
    let request: String
    let response: HTTPTestResponse
  }

  private let exchanges: [Exchange]

  /// What curl reads before its options, so that the commands stay as they are: no progress, an end to what
  /// hangs, and for each answer a line on standard error, where a script's pipes do not take it.
  private static let configuration = #"""
    silent
    show-error
    max-time = 60
    write-out = "%{stderr}%{http_code} %{method} %{url_effective}\n"

    """#

  /// Puts curl's configuration into `folder`.
  ///
  /// - Returns: the variables that lead curl there.
  static func prepare(in folder: String) throws -> [String: String] {
    try configuration.write(toFile: "\(folder)/.curlrc", atomically: true, encoding: .utf8)
    return ["CURL_HOME": folder]
  }

  /// Reads what a script printed that ran with the variables of ``prepare(in:)``.
  ///
  /// - Parameter address: the site's, as the commands name it.
  init(_ result: CommandResult, at address: String) throws {
    var scanner = CurlAnswerScanner(result.output)
    exchanges = try result.errors.split(separator: "\n").compactMap { line -> Exchange? in
      let words = line.split(separator: " ")
      // Without an answer the status is 000.
      guard words.count == 3, let status = Int(words[0]), status > 0,
        let end = words[2].range(of: address)?.upperBound
      else { return nil }
      guard let response = scanner.next(status: status) else {
        throw ShellScript.Failed(description: "no JSON for '\(line)':\n\(result.transcript)")
      }
      return Exchange(request: "\(words[1]) \(words[2][end...])", response: response)
    }
  }

  /// The answers to a request such as `GET /v1/wallet`, in their order.
  func answers(to request: String) -> [HTTPTestResponse] {
    exchanges.filter { $0.request == request }.map(\.response)
  }

  /// The answer to a request that was made once; nil for another number of times.
  func answer(to request: String) -> HTTPTestResponse? {
    let answers = answers(to: request)
    return answers.count == 1 ? answers[0] : nil
  }
}

/// Takes answers off what curl printed, one after the other: a head where the command asked for it, and a
/// JSON object.
private struct CurlAnswerScanner {
  private var rest: ArraySlice<UInt8>

  init(_ output: String) { rest = Array(output.utf8)[...] }

  mutating func next(status: Int) -> HTTPTestResponse? {
    guard let start = rest.firstIndex(of: UInt8(ascii: "{")), let end = Self.end(of: rest[start...])
    else { return nil }
    var response = HTTPTestResponse()
    response.status = status
    response.headers = Self.fields(of: String(decoding: rest[..<start], as: UTF8.self))
    response.body = Array(rest[start..<end])
    rest = rest[end...]
    return response
  }

  /// Where the object ends that `text` begins with.
  private static func end(of text: ArraySlice<UInt8>) -> Int? {
    var depth = 0
    var isInString = false
    var isEscaped = false
    for index in text.indices {
      if isEscaped {
        isEscaped = false
        continue
      }
      switch text[index] {
      case UInt8(ascii: "\\"): isEscaped = isInString
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: "{") where !isInString: depth += 1
      case UInt8(ascii: "}") where !isInString:
        depth -= 1
        if depth == 0 { return index + 1 }
      default: break
      }
    }
    return nil
  }

  /// The fields of a head by their lower-case names; none where there is no head.
  private static func fields(of head: String) -> [String: String] {
    let lines = head.split(whereSeparator: \.isNewline).drop { !$0.hasPrefix("HTTP/") }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }
}
