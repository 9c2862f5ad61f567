internal import EventLoop
internal import HotPath
internal import Services

extension HotRequest {
  /// Has the answer say what is left under the policy of what the request asked for. A refusal names the policy that
  /// is waited for alone; what the others were charged is given back.
  @inline(__always)
  func tell(_ allowance: RateAllowance, of rate: ResourceRate, isRefused: Bool) {
    if isRefused { rateLines = [] }
    guard rateLines.isEmpty else { return rateLines.append(RateLine(rate.fields, allowance)) }
    rateText = rate.fieldText(of: allowance) { line, output in
      RateHeaders.write([line], to: output)
    }
  }
}
