extension WaitingWords {
  static let korean = WaitingWords(
    page: [
      "languages": "언어", "place": "내 순서", "wait": "예상 대기 시간", "ahead": "내 앞 대기 인원",
      "number": "대기표 번호", "updated": "마지막 업데이트", "continue": "계속하기",
      "join": "다시 대기하기", "leave": "대기 취소", "leaving-title": "대기를 취소할까요?",
      "leaving-text": "순서가 다음 분께 넘어갑니다. 다시 참여하면 맨 뒤에서 시작합니다.", "stay": "계속 대기",
      "noscript": "JavaScript를 켜 주세요. 꺼져 있으면 순서를 유지할 수 없습니다.",
      "draw": "순서 추첨 방식",
      "draw-rule":
        "시작 전에 들어온 모든 분의 순서는 비밀 시드에 따라 추첨합니다. 시드의 지문은 아무도 들어오기 전에 정해졌고, 시드는 시작할 때 공개되므로 누구나 순서를 검증할 수 있습니다.",
      "commitment-label": "지문(시드의 SHA-256):", "seed-label": "시드:",
    ],
    script: [
      "progress": "{share} 진행", "byLot": "다음 입장자는 추첨으로 정해집니다.",
      "unplaced": "대기 중입니다. 다음 입장자는 추첨으로 정해지며 예상 대기 시간은 {wait}입니다.",
      "unknownWait": "계산 중", "shortWait": "1분 미만",
      "aboutWait": "약 {time}",
      "placed": "대기 중입니다. 내 순서는 {place}번이고 예상 대기 시간은 {wait}입니다.",
      "moved": "현재 순서는 {place}번이고 예상 대기 시간은 {wait}입니다.",
      "trouble": "연결이 원활하지 않습니다. {time} 후 다시 시도합니다. 순서는 유지됩니다.",
      "recovered": "다시 연결되었습니다.",
    ],
    views: [
      .joining: View(headline: "잠시만 기다려 주세요", explanation: "대기 순서를 받고 있습니다."),
      .waiting: View(
        headline: "대기 중입니다",
        explanation: "이 페이지를 열어 두세요. 차례가 되면 자동으로 이동합니다. 새로고침해도 순서는 그대로 유지됩니다."),
      .draw: View(
        headline: "아직 시작 전입니다",
        explanation:
          "{time}에 시작합니다. 그때까지 들어온 모든 분의 순서를 추첨하므로 일찍 오거나 늦게 와도 차이가 없습니다. 이 페이지를 열어 두세요."),
      .opening: View(
        headline: "아직 시작 전입니다",
        explanation: "{time}에 시작합니다. 이 페이지를 열어 두시면 순서가 유지됩니다."),
      .admitted: View(headline: "입장하실 차례입니다", explanation: "이동하고 있습니다…"),
      .free: View(
        headline: "입장하실 차례입니다", explanation: "이 브라우저에서 쇼핑 화면으로 돌아가세요. {time}까지 입장하실 수 있습니다."),
      .lapsed: View(
        headline: "대기 순서가 만료되었습니다",
        explanation: "접속이 오래 끊겼거나 이용 시간이 끝났습니다. 맨 뒤에서 다시 대기하실 수 있습니다."),
      .left: View(headline: "대기를 취소했습니다", explanation: "순서는 다음 분께 넘어갔습니다."),
      .closed: View(headline: "지금은 입장할 수 없습니다", explanation: "잠시 후 다시 시도해 주세요."),
    ],
    unknown: View(headline: "대기실을 찾을 수 없습니다", explanation: "접속하신 링크를 확인해 주세요."),
    roomTitle: "대기실")
}
