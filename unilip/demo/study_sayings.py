"""What the Compare tab says while it runs, in Chinese; a part of `sayings`, and read as that is."""

STUDY_SAID = {
    # the bench
    "{} of {} done": "已完成 {} / {}",
    "{}, about {} s each": "{}，每个约 {} 秒",
    "{}; {} skipped, to come at the end": "{}；跳过 {} 个，留到最后",
    "you are": "您是",
    "Nothing to judge yet: the other pictures are still to be made.": "暂时没有可评判的：其余图片尚未生成。",
    "That was all. Thank you!": "全部完成，谢谢！",
    "That was quick! Take the time to look at both pictures.": "好快！请花点时间看看两张图片。",
    "There is no vote to take back.": "没有可撤回的投票。",
    "You have voted on this pair already, perhaps in another tab.": "您已经为这一对投过票，也许是在另一个标签页里。",
    "This pair is not yours to judge.": "这一对不由您评判。",
    "A vote is one of {}, not {}.": "投票只能是 {} 之一，不能是 {}。",
    "A note has at most {} characters.": "备注最多 {} 个字符。",
    "Scores are whole numbers from 1 to 5 for {}.": "评分是 1 到 5 的整数，项目为 {}。",
    "Tags are of {}.": "标签只能取自 {}。",
    "A box is four numbers: left, top, right, bottom.": "方框是四个数：左、上、右、下。",
    "A box lies within the picture: its edges are fractions from 0 to 1, left before right.": (
        "方框须在图片之内：各边是 0 到 1 的小数，左小于右。"
    ),
    "A vote's id is a text of 1 to {} characters.": "投票的编号须为 1 到 {} 个字符。",
    # places in a study
    "Please choose a study first.": "请先选择一个研究。",
    "Please sign in first.": "请先登录。",
    "The invitation": "邀请",
    "The name is empty.": "名字为空。",
    "A name has at most {} characters, on one line.": "名字最多 {} 个字符，且只占一行。",
    "Such names are given to those who log in: take another.": "这样的名字留给登录的人，请另取一个。",
    'Somebody is called "{}" here: sign in with the token of that name, or take another.': (
        "这里已有人叫“{}”：请用该名字的令牌登录，或另取一个。"
    ),
    "This is the token of the study's owner: see below for the study and its results.": (
        "这是研究所有者的令牌：研究及其结果见下方。"
    ),
    "This is the owner's token: join under a name of your own to judge.": (
        "这是所有者的令牌：要评判，请用自己的名字加入。"
    ),
    "Only the study's owner may do this.": "只有研究的所有者可以这样做。",
    "This token is not known; the study may have been deleted.": "令牌未知；研究可能已被删除。",
    "This study is closed to newcomers: sign in with the token that you were given.": (
        "此研究不再接受新人：请用发给您的令牌登录。"
    ),
    "This study was deleted; the votes that it had are gone with it.": "此研究已被删除，其投票也随之消失。",
    "This study was deleted.": "此研究已被删除。",
    "There is no such study; it may have been deleted.": "没有这个研究；它可能已被删除。",
    "There is no study {}.": "没有研究 {}。",
    "Your token stands under “I have an invitation”: Enter brings you back.": (
        "您的令牌在“我有邀请码”处：点“进入”即可返回。"
    ),
    # running a study
    "Make the study": "创建研究",
    "Reading the file…": "正在读取文件……",
    "Items": "项目",
    "Pictures": "图片",
    "Annotators": "评判者",
    "Votes": "投票",
    "of {} made": "/ {} 已生成",
    "{} votes": "{} 票",
    "flagged": "已标记",
    "Nobody judges it yet.": "还没有人评判。",
    "All pictures are made.": "图片全部生成。",
    "The study is deleted.": "研究已删除。",
    "To delete the study, please type its title: {}": "要删除研究，请输入其标题：{}",
    'There is no annotator "{}" in this study.': "此研究中没有评判者“{}”。",
    "This study was loaded from its votes: no pictures can be made for it.": ("此研究由投票载入：无法为它生成图片。"),
    "“{}” needs the model {}, and another one runs here.": "“{}”需要模型 {}，而这里运行的是另一个。",
    "Its pictures can be made on the command line, by python -m unilip study run.": (
        "它的图片可以在命令行用 python -m unilip study run 生成。"
    ),
    "The studies cannot be opened here.": "这里无法打开研究。",
    "Please tell whoever runs this page; the other tabs work.": "请告诉本页的管理者；其他标签页可以使用。",
    "The studies cannot be read or written now: the disk may be full.": "现在无法读写研究：磁盘可能已满。",
    "Please try again.": "请再试一次。",
    "All votes are flagged annotators' and left out.": "所有投票都来自被标记的评判者，已被排除。",
    "There are no votes yet.": "还没有投票。",
    # making one
    "There is no file yet.": "还没有文件。",
    "Please give a table or a zip file.": "请给出表格或 zip 文件。",
    "Please give a file of votes.": "请给出投票文件。",
    "Please give a .csv, a .jsonl or a .zip file.": "请给出 .csv、.jsonl 或 .zip 文件。",
    "The number of annotators": "评判者人数",
    "This is not a zip file, or it is damaged or locked by a password.": "这不是 zip 文件，或已损坏，或有密码。",
    "There are no items.": "没有项目。",
    'The id "{}" stands twice.': "编号“{}”出现了两次。",
    "{} of {} input pictures are missing: those of {}.": "缺少输入图片（{} / {}）：{}。",
    "{} has no {}; its columns are: {}.": "{} 缺少 {}；它的列是：{}。",
    "{} has an empty {}.": "{} 的 {} 为空。",
    "{} is not JSON.": "{} 不是 JSON。",
    "{} is not a JSON object.": "{} 不是 JSON 对象。",
    "{} is not text in UTF-8.": "{} 不是 UTF-8 文本。",
    "{} holds no votes.": "{} 中没有投票。",
    "{} is damaged: record {} cannot be read.": "{} 已损坏：无法读取第 {} 条记录。",
    "Votes are read from a .jsonl or a .csv file, not from {}.": "投票从 .jsonl 或 .csv 文件读取，而不是 {}。",
    "A study needs a title of at most {} characters.": "研究需要标题，最多 {} 个字符。",
    "A study compares 2 to {} contestants, not {}.": "一个研究比较 2 到 {} 个参赛者，而不是 {} 个。",
    "Two contestants have the same name.": "两个参赛者同名。",
    "Settings here are those of this page's model: leave the model out.": "这里的设置属于本页的模型：请不要写模型。",
    "The share of repeats is a number from 0 to {}.": "重复的比例是 0 到 {} 之间的数。",
    'A setting is written name=value, not "{}".': "设置写作 名称=值，而不是“{}”。",
    "There is no setting {}; there are {}.": "没有设置 {}；可用的有 {}。",
}
